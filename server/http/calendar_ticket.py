"""What a browser keeps for us while an owner chooses a calendar: encrypted, for one login and a few minutes."""

import json
from dataclasses import asdict, dataclass, field

from cryptography.fernet import InvalidToken

from server.calendar_discovery import FoundCalendar
from server.store.calendar_secrets import box

_PURPOSE = b"ringback: a calendar that is being connected"
_GOOD_FOR_S = 20 * 60


@dataclass(frozen=True, kw_only=True)
class Ticket:
    account: str
    calendar: str
    """Of the business: the one that is to live elsewhere."""
    provider: str
    address: str
    """As it was typed."""
    username: str
    password: str = field(repr=False)
    found: tuple[FoundCalendar, ...]


def sealed(ticket: Ticket, key: str) -> str:
    return box(key, _PURPOSE).encrypt(json.dumps(asdict(ticket)).encode()).decode()


def opened(seal: str, key: str, account: str, calendar: str) -> Ticket | None:
    """None: too old, of another login or calendar, or not ours at all."""
    try:
        plain = json.loads(box(key, _PURPOSE).decrypt(seal, ttl=_GOOD_FOR_S))
    except (InvalidToken, TypeError):
        return None
    found = tuple(FoundCalendar(**one) for one in plain.pop("found"))
    ticket = Ticket(**plain, found=found)
    return ticket if (ticket.account, ticket.calendar) == (account, calendar) else None
