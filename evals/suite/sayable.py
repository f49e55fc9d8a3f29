"""What a business's own folder says: the ground on which a reply may stand, read without the product's guards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evals.suite.values import Value, clocks, values
from knowledge.reading import read_document

_PRIVATE = ("staff", "on_call", "calendars", "twilio")
_DIGITS = 10


@dataclass(frozen=True, kw_only=True)
class Sayable:
    """What callers of one business may be told."""

    values: frozenset[Value]
    minutes: frozenset[int]
    """Of the day: every clock time that is written somewhere."""
    words: str
    """Everything written, in small letters."""
    private_phones: frozenset[str]
    """Of staff; ten digits."""
    languages: frozenset[str]


def sayable(folder: Path) -> Sayable:
    """Read `business.yaml`, without what is about staff, and every document."""
    profile = yaml.safe_load((folder / "business.yaml").read_text(encoding="utf-8"))
    told = [yaml.safe_dump(_public(profile), allow_unicode=True, width=10_000)]
    told += [_words(file) for file in sorted((folder / "knowledge").iterdir())]
    words = "\n".join(told)
    own = values(f"{profile['phone']} {profile.get('address', '')}")
    found = values(words) | own
    phones = {_digits(one.get("phone")) for one in profile.get("staff", [])} - {""}
    return Sayable(
        values=found,
        minutes=frozenset(minute for possible in clocks(words) for minute in possible),
        words=words.lower(),
        private_phones=frozenset(phones - {value for _, value in found}),
        languages=frozenset(profile.get("languages", ["en"])),
    )


def _public(profile: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in profile.items() if key not in _PRIVATE}


def _words(file: Path) -> str:
    return "\n".join(
        f"{section.heading}\n{section.text}"
        for section in read_document(file.name, file.read_bytes())
    )


def _digits(phone: str | None) -> str:
    return "".join(sign for sign in phone or "" if sign.isdigit())[-_DIGITS:]
