"""Fourth step: one reading of the turn; the rules' own, and at most one asking of a model on top of it."""

from agent import leading
from agent.model import (
    Draft,
    Evidence,
    Intent,
    OptOut,
    Reading,
    Reason,
    Situation,
    TaskKind,
    TextKind,
    Urgency,
)
from agent.ports import Ports
from agent.rules import courtesy, intents, language, merging, own_facts
from agent.rules.answering import WORTH_SAYING
from agent.rules.phrases import phrase
from agent.rules.visit_talk import Talk, in_talk
from agent.state import (
    Changes,
    Json,
    Turn,
    line,
    merged,
    plain_calls,
    plain_json,
    task,
)

EARLIER_TEXTS = 4
"""What a model is shown of a thread: a conversation of thirty texts costs no more than one of four."""
PASSAGES_SHOWN = 3
LEAST_SHOWN, LEAST_CITED = 0.15, 0.35
"""Scores from which a model is shown a passage, and is believed that it answers."""
_FEW_WORDS = 3
_PERSON_WANTED = {
    Intent.REQUEST_HUMAN: Reason.HUMAN_REQUEST,
    Intent.COMPLAINT: Reason.COMPLAINT,
}
_ASKS = {Intent.QUESTION, Intent.PRICE_REQUEST}
_NO_VENDORS = {
    Intent.PRICE_REQUEST,
    Intent.STATUS_OF_TECHNICIAN,
    Intent.ARE_YOU_A_BOT,
    Intent.REQUEST_HUMAN,
}
"""Heard from who was taken for a vendor, these are a caller's after all."""
_PLAIN = {Intent.THANKS, Intent.GOODBYE, Intent.GREETING, Intent.CONFIRM, Intent.CHOOSE_SLOT}
"""A few words of nothing but these are understood without a model."""


def understand(turn: Turn, ports: Ports) -> Changes:
    """Safety signals of both readers are OR-ed: neither can switch off what the other saw."""
    if (led := leading.led(turn)) is not None:
        concluded = _concluded(turn, turn.understood)
        return led | concluded | {"memory": concluded["memory"] | led.get("memory", {})}
    if ports.mind is None or not _worth_asking(turn):
        return _concluded(turn, turn.understood)
    if not turn.may_think:
        return _concluded(turn, turn.understood) | {"model": "failed: the day's budget is spent"}
    shown = _evidence(turn)
    thought = ports.mind.read(_situation(turn, shown))
    changes: Changes = {"calls": plain_calls(thought.calls)}
    if thought.reading is None:
        return changes | _concluded(turn, turn.understood) | {"model": f"failed: {thought.failed}"}
    return changes | _together(turn, thought.reading)


def _worth_asking(turn: Turn) -> bool:
    """No model is asked about nothing, a plain yes or number, or by who may not pass on what callers write."""
    privacy = turn.profile.privacy
    if not turn.asked.strip() or (privacy.health and not privacy.model_agreement):
        return False
    reading = turn.understood
    short = len(turn.asked.split()) <= _FEW_WORDS
    plain = short and reading.intents and {*reading.intents} <= _PLAIN
    picked = all(text.get("bare") for text in turn.texts)
    return not (plain or picked or intents.pick(turn.asked))


def _together(turn: Turn, thought: Reading) -> Changes:
    rules = turn.understood
    both = merging.merged(rules, thought, _known(turn))
    changes = _concluded(turn, both) | {"model": "used"}
    if both.keep:
        kept = merging.remembered(turn.memory.get("kept", []), both.keep)
        changes["memory"] = changes["memory"] | {"kept": kept}
    if both.draft:
        changes["questions"] = _with_cited(turn, both.draft)
        asks = {*both.intents} <= _ASKS and both.urgency is Urgency.ROUTINE
        changes["opening"] = courtesy.opening(both.draft.text, plain=asks)
    if both.opt_out is OptOut.REVOKE and rules.opt_out is not OptOut.REVOKE:
        changes |= {"opted_out": True, "lines": [_confirmation(turn)]}
    elif thought.opt_out is OptOut.REVOKE and both.opt_out is OptOut.NONE:
        changes["tasks"] = [*turn.tasks, task(TaskKind.REVIEW, f"Wants no texts? {turn.asked}")]
    return changes


def _concluded(turn: Turn, read: Reading) -> Changes:
    talk = Talk(
        offered=bool(turn.on_offer),
        asked="asks" in (turn.memory.get("visit") or {}),
        booked=bool(turn.booked_visits),
        awaited="?" in (turn.last_text or ""),
    )
    reading = in_talk(_in_language(turn, read), turn.asked, turn.profile, talk)
    reading = leading.as_picked(turn, reading)
    buys = _NO_VENDORS & set(reading.intents)
    if turn.memory.get("vendor") and reading.urgency is Urgency.ROUTINE and not buys:
        reading = merged(reading, {"intents": (Intent.SPAM_OR_VENDOR,)})
    changes: Changes = {
        "reading": plain_json(reading),
        "memory": _remembered(turn, reading),
    }
    if reading.urgency is Urgency.EMERGENCY:
        changes["reason"] = Reason.EMERGENCY
    elif wanted := next((_PERSON_WANTED[i] for i in reading.intents if i in _PERSON_WANTED), None):
        changes["reason"] = wanted
    return changes


def _remembered(turn: Turn, reading: Reading) -> Json:
    """The language, and what the caller has told of name, address and the like: the last word on each."""
    known = {**turn.memory.get("details", {}), **reading.details}
    kept = {"details": known} if known else {}
    return turn.memory | {"language": reading.language} | kept


def _in_language(turn: Turn, reading: Reading) -> Reading:
    """A few words ("2", "el segundo"), or a name and an address, do not change the language of a conversation."""
    if reading.language != "en":
        return reading
    said = turn.asked.split()
    tells_none = len(said) <= _FEW_WORDS or not language.speaks_english(turn.asked)
    before = turn.memory.get("language", "en")
    return merged(reading, {"language": before}) if tells_none else reading


def _confirmation(turn: Turn) -> Json:
    words = phrase("opt_out_confirmation", turn.profile, turn.moment, turn.understood.language)
    return line(words, TextKind.OPT_OUT_CONFIRMATION, fixed=True)


def _with_cited(turn: Turn, draft: Draft) -> list[Json]:
    """Passages that were found and that the model says answer the question are worth saying."""
    cited = {one.id for one in draft.evidence}
    for one in (questions := plain_json(turn.asked_for)):
        for passage in one["passages"]:
            if passage["id"] in cited and passage["score"] >= LEAST_CITED:
                passage["score"] = max(passage["score"], WORTH_SAYING)
        one["passages"].sort(key=lambda passage: -passage["score"])
    return list(questions)


def _evidence(turn: Turn) -> tuple[Evidence, ...]:
    """What could answer these texts: the owner's words and the profile's own facts."""
    near = [one for one in turn.found if one.score >= LEAST_SHOWN][:PASSAGES_SHOWN]
    profile = own_facts.facts(turn.profile, turn.understood, turn.asked, turn.moment)
    return (*(one.evidence for one in near), *profile)


def _known(turn: Turn) -> merging.Known:
    return merging.Known(
        text=turn.asked,
        today=turn.local.date(),
        horizon_days=turn.profile.booking.horizon_days,
        services=[service.id for service in turn.profile.services],
        offers=turn.on_offer,
    )


def _situation(turn: Turn, shown: tuple[Evidence, ...]) -> Situation:
    profile = turn.profile
    details = turn.memory.get("details", {})
    return Situation(
        business={
            "name": profile.name,
            "industry": profile.industry,
            "tone": profile.tone or "",
            "services": {service.id: service.name for service in profile.services},
        },
        now_local=f"{turn.local:%A %Y-%m-%d %H:%M}",
        history=tuple(turn.earlier[-EARLIER_TEXTS:]),
        texts=tuple(text["body"] for text in turn.texts if text["body"]),
        evidence=shown,
        offers=tuple(turn.on_offer),
        visits=tuple(turn.booked_visits),
        known=(
            *(f"{name} {value}" for name, value in details.items()),
            *turn.memory.get("kept", []),
        ),
        hints=turn.understood,
    )
