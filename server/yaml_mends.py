"""Says in plain words how to mend what does not fit the shape of a business."""

import difflib
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from server.yaml_lines import Path

_HOURS = {
    "tuple_type": 'write hours as a list, like ["08:00-17:00"], in quotes; [] is closed',
    "string_type": 'write hours as "08:00-17:00" (24-hour clock, in quotes)',
}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_PLAIN = {
    "missing": "is missing, and needed",
    "tuple_type": "write a list, like [a, b]",
    "model_type": "write keys and values under it",
    "dict_type": "write keys and values under it",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number, like 30",
    "int_parsing": "write a whole number, like 30",
    "int_from_float": "write a whole number, like 30",
    "date_type": "write a date, like 2026-11-26",
    "date_parsing": "write a date, like 2026-11-26",
    "date_from_datetime_parsing": "write a date, like 2026-11-26",
    "date_from_datetime_inexact": "write a date without a time, like 2026-11-26",
    "string_too_short": "must not be empty",
    "too_short": "name at least one",
}


def mend(detail: ErrorDetails, written: str | None, model: type[BaseModel]) -> str:
    """Words for one of pydantic's errors; `written` is the value as YAML had it, if it was no text."""
    kind, path = detail["type"], tuple(part for part in detail["loc"] if part != "[key]")
    if kind == "extra_forbidden":
        return _unknown_key(path, model)
    if path[:1] == ("hours",) and kind in _HOURS:
        return _HOURS[kind]
    if written in _NOTHING:
        return "is empty: write it, or leave the key out"
    if kind == "string_type":
        return _as_text(written)
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "literal_error":
        return f"write one of {detail['ctx']['expected']}"
    if kind.startswith(("greater_than", "less_than")):
        return detail["msg"].removeprefix("Input ")
    return _PLAIN.get(kind, detail["msg"])


def _as_text(written: str | None) -> str:
    if written is None:
        return "write words here, not a list or keys"
    return f'put it in quotes: "{written}"'


def _unknown_key(path: Path, model: type[BaseModel]) -> str:
    known = _keys(path[:-1], model)
    near = difflib.get_close_matches(str(path[-1]).lower(), known, n=1, cutoff=0.5)
    if near:
        return f"there is no such key; did you mean {near[0]}?"
    return f"there is no such key; known here are {', '.join(known)}"


def _keys(path: Path, model: type[BaseModel]) -> list[str]:
    for part in path:
        if isinstance(part, str):
            model = next(_models(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models inside an annotation like `tuple[Staff, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
