"""A caller phones: the call is answered or missed, and a missed one gets its first text, or does not."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from evals.metrics_check import chatting, dealing
from evals.metrics_check.books import Row
from evals.metrics_check.life import AGENT, Life
from evals.metrics_check.town import TEMPLATES, Shop

COOLDOWN = timedelta(minutes=240)
JOINS = ("already texted", "in conversation", "person has the thread")
REASONS = (
    "busy", "no answer", "failed", "not accepted", "closed", "forwarded", "reported", "voicemail", "unknown",
)  # fmt: skip
_OPENS, _CLOSES = time(8), time(17)
_ENDS = (
    *[("delivered", None)] * 70, *[("sent", None)] * 8, *[("accepted", None)] * 4, ("sending", None),
    ("sending with sid", None), ("sending with sid", None), ("dropped", None), ("failed", "30006"),
    ("failed", "21610"), ("failed", "30003"), ("undelivered", "30003"), ("undelivered", "30005"),
    *[("undelivered", "30007")] * 4, ("undelivered", "30008"),
)  # fmt: skip
"""What becomes of a first text that is tried."""


def calls(life: Life, at: datetime) -> None:
    """The phone rings; one call in eight is answered."""
    call = ring(life, at)
    if life.happens(0.12):
        _answered(life, call, at)
    else:
        life.soon(at, partial(_missed, call=call), longest_s=75)


def calls_back(life: Life, at: datetime) -> None:
    """Staff phone the caller, who takes it or does not."""
    call = ring(life, at, raw={"Direction": "outbound-api"})
    if life.happens(0.6):
        _answered(life, call, at)
    else:
        call |= {
            "outcome": "unanswered",
            "settled_at": at + timedelta(seconds=30),
            "thread": life.joins(at),
        }


def ring(life: Life, at: datetime, **values: Any) -> Row:
    standard = {
        "sid": life.books.name("CA"),
        "business": life.shop.slug,
        "thread": None,
        "caller": life.caller,
        "dialled": life.shop.phone,
        "at": at,
        "outcome": "ringing",
        "raw": {"Direction": "inbound"},
    }
    return life.books.add("call", **(standard | values))


def _answered(life: Life, call: Row, at: datetime) -> None:
    ended_at = min(at + timedelta(seconds=life.chance.uniform(10, 900)), life.now)
    thread = life.thread if life.thread_row else None
    call |= {"outcome": "answered", "accepted_at": at, "settled_at": ended_at, "thread": thread}
    life.spoke_at = ended_at


def _missed(life: Life, now: datetime, call: Row) -> None:
    decision = _decision(life, call, now)
    hung_up = decision == "hung up at once" or life.happens(0.1)
    call |= {
        "outcome": "missed",
        "reason": "hung up" if hung_up else life.chance.choice((*REASONS, None)),
        "settled_at": None if life.happens(0.01) else now,
        "thread": life.joins(now),
        "decision": decision,
    }
    if decision == "shadow":
        call["body"] = "..."
        life.first_texts.append((call, None))
    if decision in ("first text", "held"):
        _queued(life, call, now)
    else:
        if decision in JOINS or life.happens(0.5):
            dealing.owes(life, now, "phone_caller")
        chatting.goes_on_without_text(life, now)
    if life.happens(0.25):
        life.soon(now, calls_back, longest_s=3600)
    if life.happens(0.02):
        life.soon(now, partial(_was_answered, call=call), longest_s=300)


def _was_answered(life: Life, now: datetime, call: Row) -> None:
    """A later callback says that a person had the caller after all; a text that has left stays."""
    call |= {"outcome": "answered", "settled_at": now}
    life.spoke_at = now


def _decision(life: Life, call: Row, now: datetime) -> str:
    if life.happens(0.02):
        return "told too late"
    if life.happens(0.03):
        return "hung up at once"
    if life.opted_out_at:
        return "opted out"
    if life.untextable:
        return "landline"
    if goes_on := _joins(life, call):
        return goes_on
    if life.happens(0.005):
        return "not sent"
    if life.shop.is_shadow(now):
        return "shadow"
    return "held" if _opening(life.shop, call["at"]) else "first text"


def _joins(life: Life, call: Row) -> str | None:
    texted_at = _texted_at(life)
    if life.owner != AGENT:
        return "person has the thread"
    if texted_at and call["at"] - texted_at < COOLDOWN:
        return "already texted"
    if life.said_at and call["at"] - life.said_at < COOLDOWN:
        return "in conversation"
    return None


def _texted_at(life: Life) -> datetime | None:
    counting = ("first text", "held", "shadow")
    times = [call["at"] for call, _ in life.first_texts if call["decision"] in counting]
    times += [
        text["at"]
        for _, text in life.first_texts
        if text and text["status"] not in ("dropped", "failed", "undelivered")
    ]
    return max(times, default=None)


def _opening(shop: Shop, at: datetime) -> datetime | None:
    """Until when a text waits; None: it does not."""
    local = at.astimezone(shop.zone)
    if not shop.holds or _OPENS <= local.time() < _CLOSES:
        return None
    day = local.date() + timedelta(days=local.time() >= _CLOSES)
    return datetime.combine(day, _OPENS, shop.zone).astimezone(UTC)


def _queued(life: Life, call: Row, now: datetime) -> None:
    opening = _opening(life.shop, call["at"])
    text = life.text(
        now,
        key=f"first:{call['sid']}",
        author="template",
        kind="first_text",
        at=opening or now,
        status="queued",
        why={
            "call": call["sid"],
            "called_at": call["at"].isoformat(),
            "held": opening is not None,
            "test": False,
        }
        | _version(life),
    )
    life.consents(now, "inbound_call", call=call["sid"], dialled=call["dialled"])
    life.first_texts.append((call, text))
    waits_s = life.chance.choice(
        (3, 10, life.chance.uniform(3, 40), 120, life.chance.uniform(60, 400))
    )
    sends = partial(_sends, call=call, text=text, stored_at=now)
    life.later((opening or now) + timedelta(seconds=waits_s), sends)


def _version(life: Life) -> dict[str, str]:
    template = life.chance.choice(TEMPLATES)
    return {"template": template} if template else {}


def _sends(life: Life, now: datetime, call: Row, text: Row, stored_at: datetime) -> None:
    if why := _refused(life, now, call, stored_at):
        call["decision"] = why
        text |= {"status": "dropped", "status_reason": why}
        return
    status, code = life.chance.choice(_ENDS)
    has_sid = status not in ("sending", "dropped", "failed")
    text |= {
        "status": status.removesuffix(" with sid"),
        "sending_at": now,
        "opened_at": now + timedelta(seconds=4 * life.happens(0.05)),
        "tries": life.chance.choice((1, 1, 1, 2)),
        "sid": life.books.name("SM") if has_sid else None,
        "error_code": code,
    }
    if has_sid and code is None:
        life.said_at = now
        chatting.follows(life, now)
    elif status != "sending":
        _not_delivered(life, now, call, code)


def _refused(life: Life, now: datetime, call: Row, stored_at: datetime) -> str | None:
    if life.opted_out_at:
        return "opted out"
    if life.spoke_at and life.spoke_at >= call["at"]:
        return "answered"
    if life.wrote_at and life.wrote_at > stored_at:
        return "wrote first"
    if life.owner != AGENT:
        return "person has the thread"
    if life.shop.is_shadow(now):
        return "shadow"
    return "not sent" if life.happens(0.02) else None


def _not_delivered(life: Life, now: datetime, call: Row, code: str | None) -> None:
    call["decision"] = "landline" if code == "30006" else "not sent"
    dealing.owes(life, now, "undelivered")
    if code == "30006":
        life.untextable = "a landline"
    elif code == "21610":
        life.opted_out_at = now
        life.consents(now, "opt_out", sid=call["sid"], wording="carrier 21610")
    else:
        chatting.goes_on_without_text(life, now)
