"""Fourth step: one reading of the turn; the rules' own, and at most one model call on top of it."""

from agent.errors import ModelError
from agent.model import Intent, OptOut, Reading, Reason, Situation, TextKind, Urgency
from agent.ports import Ports
from agent.rules.phrases import phrase
from agent.rules.visit_talk import Talk, in_talk
from agent.state import Changes, Json, Turn, line, merged, plain_json

_FEW_WORDS = 3
_PERSON_WANTED = {
    Intent.REQUEST_HUMAN: Reason.HUMAN_REQUEST,
    Intent.COMPLAINT: Reason.COMPLAINT,
}


def understand(turn: Turn, ports: Ports) -> Changes:
    """Safety signals of both readers are OR-ed: neither can switch off what the other saw."""
    if ports.mind is None or not turn.asked.strip():
        return _concluded(turn, turn.understood)
    try:
        thought = ports.mind.read(_situation(turn))
    except ModelError as error:
        return _concluded(turn, turn.understood) | {"model": f"failed: {error}"}
    changes = _concluded(turn, _both(turn.understood, thought)) | {"model": "used"}
    if thought.opt_out is OptOut.REVOKE:  # what the rules saw was acted on when the text arrived
        changes |= {"opted_out": True, "lines": [_confirmation(turn)]}
    return changes


def _concluded(turn: Turn, read: Reading) -> Changes:
    talk = Talk(
        offered=bool(turn.on_offer),
        asked="asks" in (turn.memory.get("visit") or {}),
        booked=bool(turn.booked_visits),
        awaited="?" in (turn.last_text or ""),
    )
    reading = in_talk(_in_language(turn, read), turn.asked, turn.profile, talk)
    buys = {Intent.PRICE_REQUEST, Intent.STATUS_OF_TECHNICIAN} & set(reading.intents)
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
    """A few words ("2", "el segundo") do not change the language of a conversation."""
    before = turn.memory.get("language", "en")
    is_short = len(turn.asked.split()) <= _FEW_WORDS
    return (
        merged(reading, {"language": before}) if is_short and reading.language == "en" else reading
    )


def _both(rules: Reading, thought: Reading) -> Reading:
    levels = list(Urgency)
    pressing = max(rules, thought, key=lambda reading: levels.index(reading.urgency))
    kept = [i for i in rules.intents if i in _PERSON_WANTED]
    return merged(
        thought,
        {
            "opt_out": rules.opt_out if rules.opt_out is not OptOut.NONE else thought.opt_out,
            "urgency": pressing.urgency,
            "urgency_reason": pressing.urgency_reason,
            "intents": tuple(dict.fromkeys([*kept, *(thought.intents or rules.intents)])),
            "choice": rules.choice or thought.choice,
            "when": rules.when,  # no model is asked for times
            "callback": rules.callback,
            "details": {**thought.details, **rules.details},
            "fired": rules.fired,
        },
    )


def _confirmation(turn: Turn) -> Json:
    words = phrase("opt_out_confirmation", turn.profile, turn.moment, turn.understood.language)
    return line(words, TextKind.OPT_OUT_CONFIRMATION, fixed=True)


def _situation(turn: Turn) -> Situation:
    profile = turn.profile
    public = profile.model_dump(
        mode="json",
        include={
            "name",
            "industry",
            "address",
            "hours",
            "services",
            "service_area",
            "tone",
            "languages",
        },
        exclude_defaults=True,
    )
    return Situation(
        business=public,
        now_local=turn.moment.astimezone(profile.zone).strftime("%A %Y-%m-%d %H:%M"),
        history=tuple(turn.earlier),
        texts=tuple(text["body"] for text in turn.texts),
        passages=tuple(turn.found),
        hints=turn.understood,
    )
