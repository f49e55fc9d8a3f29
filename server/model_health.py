"""Is the model well, and may it be asked? In words for the people who work with it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from server import quotas
from server.store import model_calls


def may_think(
    connection: sa.Connection, business: Business, tokens_per_day: int, now: datetime
) -> bool:
    """The business's budget of its day is not spent: its own quota's, else this many tokens; 0: there is no limit."""
    limit = quotas.tokens_a_day(connection, business.slug, tokens_per_day)
    return not limit or tokens_today(connection, business, now) < limit


def tokens_today(connection: sa.Connection, business: Business, now: datetime) -> int:
    since = model_calls.midnight(now, business.zone)
    return model_calls.tokens_since(connection, business.slug, since)


def trouble(
    connection: sa.Connection, business: Business, tokens_per_day: int, now: datetime
) -> str:
    """Why the rules answer alone just now; empty: they do not have to."""
    if not may_think(connection, business, tokens_per_day, now):
        return "Today's budget for the language model is spent. The rules answer until midnight; nothing is lost."
    out = model_calls.out_since(connection, business.slug, now)
    if out is None:
        return ""
    since = _since(out, now, business.zone)
    return f"The language model has not answered since {since}. The rules answer meanwhile; nothing is lost."


def _since(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """2:05 PM; with its day where that was not today."""
    local = moment.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return f"{local:%-I:%M %p}" if is_today else f"{local:%b %-d, %-I:%M %p}"
