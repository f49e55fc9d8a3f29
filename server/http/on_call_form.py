"""The form of the ladder: who is on it, when and how each is reached, and what becomes of a business with it."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from agent.business import Alerts, Business, OnCall
from agent.errors import BadInput

MOST = 20
"""People on one ladder."""
_TIMES = {
    "urgent_min": "minutes for what is urgent: 1 to 60",
    "normal_min": "minutes for everything else: 5 to 240",
    "rounds": "rounds: 1 to 10",
}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the form says; `do` is the button that was pressed."""

    fields: dict[str, str]
    do: str
    seen: str

    def into(self, business: Business) -> Business:
        """The business with this ladder.

        Raises:
            BadInput: what is wrong, in words.
        """
        rungs = _moved([_rung(self.fields, place) for place in self._places()], self.do)
        if self.do == "add":
            rungs.append(_added(business, self.fields.get("new", "")))
        return business.model_copy(
            update={"on_call": tuple(rungs), "alerts": _alerts(self.fields, business)}
        )

    def _places(self) -> list[int]:
        return [place for place in range(MOST) if f"staff-{place}" in self.fields]


async def written(request: Request) -> Written:
    form = await request.form()
    fields = {name: str(value).strip() for name, value in form.items()}
    return Written(fields=fields, do=fields.get("do", "save"), seen=fields.get("seen", ""))


TheLadder = Annotated[Written, Depends(written)]


def seen_now(business: Business) -> str:
    """Changes with what the form changes."""
    words = f"{business.on_call!r}{business.alerts!r}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _rung(fields: dict[str, str], place: int) -> OnCall:
    when = fields.get(f"when-{place}", "always")
    if when == "times":
        when = " ".join(fields.get(f"times-{place}", "").lower().split())
    reach = [way for way in ("sms", "call") if fields.get(f"{way}-{place}")]
    try:
        return OnCall.model_validate(
            {"staff": fields[f"staff-{place}"], "when": when, "reach": reach}
        )
    except ValidationError as error:
        told = 'write days and times like "mon-fri 17:00-22:00, sat 08:00-12:00"'
        raise BadInput(f"Not saved. Place {place + 1}: {told}.") from error


def _moved(rungs: list[OnCall], do: str) -> list[OnCall]:
    """What `up-2`, `down-0` and `remove-1` say of places."""
    what, _, where = do.partition("-")
    place = int(where) if where.isdigit() else -1
    if not 0 <= place < len(rungs):
        return rungs
    rung = rungs.pop(place)
    if what == "remove":
        return rungs
    rungs.insert(max(place + {"up": -1, "down": 1}.get(what, 0), 0), rung)
    return rungs


def _added(business: Business, staff: str) -> OnCall:
    person = business.person(staff)
    if person is None:
        raise BadInput("Choose somebody to add.")
    if len(business.on_call) >= MOST:
        raise BadInput(f"{MOST} people are enough.")
    return OnCall(staff=person.id, reach=("sms", "call") if person.phone else ())


def _alerts(fields: dict[str, str], business: Business) -> Alerts:
    given: dict[str, Any] = {name: fields[name] for name in _TIMES if fields.get(name)}
    try:
        return Alerts.model_validate(business.alerts.model_dump() | given)
    except ValidationError as error:
        wrong = ", ".join(_TIMES[str(one["loc"][0])] for one in error.errors())
        raise BadInput(f"Not saved. Write the {wrong}.") from error
