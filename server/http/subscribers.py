"""Who has said yes to marketing by text, for the owner to use elsewhere: this product sends none."""

import csv
import io

from fastapi import APIRouter
from fastapi.responses import Response

from server.http.auth import Owner
from server.http.twilio import TheHouse
from server.store import consents
from server.store.consents import Subscriber

router = APIRouter(prefix="/business")

_HEAD = ("number", "since", "about", "asked", "asked by", "answered", "answer's id")
_BEGINS_FORMULA = ("=", "@", "-")


@router.get("/subscribers.csv")
def subscribers_csv(house: TheHouse, owner: Owner) -> Response:
    """One line a subscriber with the evidence, times UTC; whoever opted out since is not in it."""
    with house.database.connect() as connection:
        found = consents.subscribers(connection, owner.business)
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(_HEAD)
    table.writerows(_line(one) for one in found)
    named = {"Content-Disposition": f'attachment; filename="subscribers-{owner.business}.csv"'}
    return Response(file.getvalue(), media_type="text/csv", headers=named)


def _line(one: Subscriber) -> list[str]:
    kept = one.evidence
    values = [kept.get(key) or "" for key in ("about", "asked", "asked_by", "answered", "sid")]
    return [one.caller, one.at.isoformat(timespec="seconds"), *map(_plain, values)]


def _plain(words: str) -> str:
    """What a spreadsheet would run as a formula is text."""
    return f"'{words}" if words.startswith(_BEGINS_FORMULA) else words
