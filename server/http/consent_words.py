"""What a caller has agreed to, and by what words, as staff read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.business import Business
from agent.rules.phone import spoken
from server.store import threads
from server.store.consents import MARKETING, Change


@dataclass(frozen=True, kw_only=True)
class Consent:
    texts: str
    """Whether texts may be sent now."""
    is_off: bool
    marketing: str
    ledger: tuple[str, ...]
    """Every change with its evidence, newest first."""


def consent_words(
    ledger: Sequence[Change], thread: threads.ThreadRow, business: Business
) -> Consent:
    """The state of a caller's consent and the evidence for it.

    Args:
        ledger: oldest first.
    """
    return Consent(
        texts=_texts(ledger, thread, business),
        is_off=bool(thread.opted_out_at or thread.untextable),
        marketing=_marketing(ledger, business),
        ledger=tuple(_line(one, business) for one in reversed(ledger)),
    )


def _texts(ledger: Sequence[Change], thread: threads.ThreadRow, business: Business) -> str:
    if thread.opted_out_at is not None:
        return f"No texts: opted out on {_at(thread.opted_out_at, business)}. Phone only."
    if thread.untextable:
        return f"No texts: this phone gets none ({thread.untextable}). Phone only."
    if any(one.change == "opt_in" for one in ledger):
        return "Texts are fine: opted in again."
    if any(one.change == "inbound_call" for one in ledger):
        return "Texts are fine: they called first."
    return "Texts are fine: they wrote first."


def _marketing(ledger: Sequence[Change], business: Business) -> str:
    last = next((one for one in reversed(ledger) if one.change in (MARKETING, "opt_out")), None)
    if last is None or last.change != MARKETING:
        return "No offers by text: they have not agreed to any."
    about = last.evidence.get("about") or "news"
    return f"Agreed to {about} by text on {_at(last.at, business)}."


def _line(one: Change, business: Business) -> str:
    at, told = _at(one.at, business), one.evidence
    wording, rules = str(told.get("wording", "")), str(told.get("rules", ""))
    by_rules = f" (rules of {rules})" if rules else ""
    match one.change:
        case "inbound_call":
            dialled = f" to {spoken(str(told['dialled']))}" if told.get("dialled") else ""
            heard = ", and heard that we text back" if told.get("greeting") else ""
            return f"{at}: called{dialled}{heard}"
        case "opt_out":
            return f"{at}: opted out, {_how(wording)}{by_rules}"
        case "opt_in":
            return f"{at}: opted in again, {_how(wording)}{by_rules}"
        case _ if one.change == MARKETING:
            asked = f' to "{told["asked"]}"' if told.get("asked") else ""
            return f'{at}: agreed to offers with "{told.get("answered", "yes")}"{asked}'
    return f"{at}: {one.change.replace('_', ' ')}"


def _how(wording: str) -> str:
    if wording == "understood":
        return "as the agent understood the text"
    if wording.startswith("carrier "):
        return f"as the carrier told us ({wording.removeprefix('carrier ')})"
    return f'by "{wording}"'


def _at(moment: datetime, business: Business) -> str:
    return f"{moment.astimezone(business.zone):%b %-d, %Y, %-I:%M %p}"
