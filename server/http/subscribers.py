"""Who has said yes to marketing by text, for the owner to use elsewhere: this product sends none."""

from fastapi import APIRouter
from fastapi.responses import Response

from server.http.auth import Owner
from server.http.spreadsheet import download
from server.http.twilio import TheHouse
from server.store import consents
from server.store.consents import Subscriber

router = APIRouter(prefix="/business")

_HEAD = ("number", "since", "about", "asked", "asked by", "answered", "answer's id")


@router.get("/subscribers.csv")
def subscribers_csv(house: TheHouse, owner: Owner) -> Response:
    """One line a subscriber with the evidence, times UTC; whoever opted out since is not in it."""
    with house.database.connect() as connection:
        found = consents.subscribers(connection, owner.business)
    return download(f"subscribers-{owner.business}", _HEAD, map(_line, found))


def _line(one: Subscriber) -> list[str]:
    kept = one.evidence
    values = [kept.get(key) or "" for key in ("about", "asked", "asked_by", "answered", "sid")]
    return [one.caller, one.at.isoformat(timespec="seconds"), *values]
