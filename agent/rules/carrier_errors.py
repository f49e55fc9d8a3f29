"""What an error code of the carrier asks of us, and what staff read about it.

The codes stand in `agent/data/carrier_errors.toml`. They are hints: the carrier adds and splits them,
so a code that is not known there says nothing, and the HTTP status or the report decides.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.data import rule_data


class Handling(StrEnum):
    OPTED_OUT = "opted_out"  # the caller opted out at the carrier: the same here, never tried again
    NOT_TEXTABLE = "not_textable"  # the number cannot get texts: a person phones, nothing automated
    SENDER_BLOCKED = (
        "sender_blocked"  # filtered or unregistered: the owner is told, automation stops
    )
    RETRY_ONCE_LATER = "retry_once_later"  # the handset is off
    PASSING = "passing"  # a few tries with pauses
    PASSING_SLOWER = "passing_slower"  # too fast: the same with longer pauses
    OPERATOR = "operator"  # the account: nothing leaves until whoever runs the machine mends it
    TOO_LONG = "too_long"  # split or shorten
    LATE = "late"  # the validity ran out: a stale text is not sent again
    LOOP = "loop"  # two machines answer each other: no more automatic answers in this thread
    PERMANENT = "permanent"  # trying again cannot help


@dataclass(frozen=True, kw_only=True)
class CarrierError:
    handling: Handling
    words: str
    """A sentence for staff, without the code."""


def read(code: str | None) -> CarrierError | None:
    """None: no code, or one that is not known."""
    known: dict[str, dict[str, str]] = rule_data("carrier_errors")["codes"]
    entry = known.get(code or "")
    if entry is None:
        return None
    return CarrierError(handling=Handling(entry["handling"]), words=entry["words"])


def words(code: str | None, fallback: str) -> str:
    error = read(code)
    return error.words if error else fallback
