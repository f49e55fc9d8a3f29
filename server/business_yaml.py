"""Reads and writes `business.yaml`; a problem is told with its line, its key and the mend."""

from collections.abc import Mapping, Sequence

import yaml
from pydantic import ValidationError

from agent.business import Business
from agent.errors import BadBusiness
from server.yaml_lines import LinedYaml, NotYaml, Path, Problem, read_lined_yaml
from server.yaml_mends import mend

FILE = "business.yaml"


def parse_business(content: bytes) -> Business:
    """The business that the file describes.

    Raises:
        BadBusiness: one line a problem, in the order of the file.
    """
    try:
        lined = read_lined_yaml(_decoded(content))
    except NotYaml as error:
        raise BadBusiness(_told([error.problem])) from error
    problems = list(lined.problems)
    try:
        business = Business.model_validate(lined.values)
    except ValidationError as error:
        found = [_problem(lined, path, say) for path, say in _mends(lined, error)]
        told = {problem.path for problem in problems}
        problems += [problem for problem in found if problem.path not in told]
        raise BadBusiness(_told(problems)) from error
    if problems:
        raise BadBusiness(_told(problems))
    return business


def render_business(business: Business) -> str:
    """YAML that people like to read: in the usual order, without what is left at its default."""
    values = business.model_dump(exclude_defaults=True)
    return yaml.dump(
        _lists(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110,
    )  # fmt: skip


class _Dumper(yaml.SafeDumper):
    """Writes rare signs that end a line as escapes: PyYAML would write, and read, a plain line's end."""

    def represent_text(self, words: str) -> yaml.ScalarNode:
        is_odd = any(sign in words for sign in "\x85\u2028\u2029")
        return self.represent_scalar("tag:yaml.org,2002:str", words, style='"' if is_odd else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        say = "these letters are not UTF-8: save the file as UTF-8"
        raise NotYaml(Problem(line=line, path=(), say=say)) from error


def _mends(lined: LinedYaml, error: ValidationError) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for detail in error.errors(include_url=False):
        path = tuple(part for part in detail["loc"] if part != "[key]")
        if detail["type"] == "names_do_not_resolve":
            found += detail["ctx"]["problems"]
        else:
            found.append((path, mend(detail, lined.written.get(path), Business)))
    return found


def _problem(lined: LinedYaml, path: Path, say: str) -> Problem:
    return Problem(line=lined.line(path), path=path, say=say)


def _told(problems: Sequence[Problem]) -> str:
    ordered = sorted(problems, key=lambda problem: problem.line)
    return "\n".join(f"{FILE}:{problem.line}: {_named(problem)}" for problem in ordered)


def _named(problem: Problem) -> str:
    """`hours.mon: ...`, `services[2].price: ...` (counted from 1)."""
    name = ""
    for part in problem.path:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return f"{name.lstrip('.')}: {problem.say}" if name else problem.say


def _lists(value: object) -> object:
    """YAML knows no tuples."""
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, tuple | list) else value
