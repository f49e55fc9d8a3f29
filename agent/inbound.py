"""Use case: texts arrived -> one turn -> a Decision (texts to send, effects to commit)."""

from dataclasses import dataclass, replace

from agent.graph import Conversation
from agent.model import Intent, OptOut, Reason, TaskKind, TextKind, Urgency
from agent.nodes.hand_off import escalated
from agent.rules import bursts, hours, intents, menus, opt_out, urgency
from agent.rules.phrases import phrase
from agent.state import AGENT, Json, Turn, task

_STANDS_ALONE = {Intent.QUESTION, Intent.PRICE_REQUEST, Intent.BOOK, Intent.CONFIRM, Intent.DECLINE}


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What has to be known of a text before it is stored: consent changes at once, not with the turn."""

    opt_out: OptOut
    span: str
    """The words that showed the opt-out or opt-in."""
    carrier_acts: bool
    wait_s: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a turn decided; everything in it is committed in one transaction, or nothing is."""

    replies: list[Json]
    """{"body", "kind", "evidence": [ids]}"""
    alerts: list[Json]
    """{"to", "body"}: plain notices to staff."""
    escalation: Json
    """{"reason", "words"}: the people on call are tried until one takes the conversation; empty: nobody need come."""
    tasks: list[Json]
    """{"kind", "note", "due_at"}"""
    reason: str
    """Why a person is needed; empty: not needed."""
    hands_over: bool
    opted_out: bool
    acted: bool
    """A calendar was written to: the confirmation is among the replies."""
    memory: Json
    questions: list[Json]
    """{"question", "reply", "passage", "score", "answered"}: what the texts asked, one by one, and what became of it."""
    calls: list[Json]
    """What was asked of a model, as `ModelCall`."""
    why: Json
    """The reading, the passages found, what the guard removed, the prompt: kept for staff."""


def first_look(body: str, *, has_visit: bool) -> FirstLook:
    """Read consent and pace from one text; pure, cheap, before anything is stored.

    Args:
        has_visit: the caller has a visit ahead, so that "cancel it please" may mean it; else only the texts can be meant.
    """
    consent = opt_out.read(body)
    meaning = consent.meaning
    if meaning is OptOut.CLARIFY and not has_visit:
        meaning = OptOut.REVOKE
    return FirstLook(
        opt_out=meaning,
        span=consent.span,
        carrier_acts=consent.carrier_acts,
        wait_s=wait_s(body),
    )


def wait_s(body: str) -> float:
    """Seconds to wait for more of a burst, 2 to 6; none for consent keywords, menu digits and anything pressing."""
    pressing = urgency.read(body).urgency is not Urgency.ROUTINE
    consent = opt_out.read(body).meaning is not OptOut.NONE
    if pressing or consent or intents.pick(body):
        return 0.0
    return bursts.wait_s(body, asks=bool(_STANDS_ALONE & intents.shown(body).keys()))


def answer(turn: Turn, conversation: Conversation) -> Decision:
    """Walk the graph once and say what follows from it."""
    done = conversation.walk(_spelled_out(turn))
    return Decision(
        replies=done.replies,
        alerts=done.alerts,
        escalation=done.escalation,
        tasks=done.tasks,
        reason=done.reason,
        hands_over=done.hands_over,
        opted_out=done.opted_out and not turn.opted_out,
        acted=done.acted,
        memory=done.memory,
        questions=done.answered,
        calls=done.calls,
        why={
            "reading": {**done.reading, "draft": None},
            "passages": [
                {key: getattr(passage, key) for key in ("id", "document", "heading", "score")}
                for passage in done.found[:3]
            ],
            "removed": done.removed,
            "model": done.model,
            "prompt": done.calls[-1]["prompt"] if done.calls else "",
        },
    )


def _spelled_out(turn: Turn) -> Turn:
    """The turn as if the caller had written the words of a menu in place of its number; a menu of times is none."""
    if turn.offer_is_last or turn.offer_was_said or turn.owner != AGENT:
        return turn
    sent = [text["body"] for text in reversed(turn.history) if text["author"] != "caller"]
    if not (menu := menus.last_sent(sent)):
        return turn
    just_sent = menus.read(sent[0]) == menu
    language = turn.memory.get("language", "")
    picks = [
        menus.chosen(text["body"], menu, just_sent=just_sent, language=language)
        for text in turn.texts
    ]
    if not any(picks):
        return turn
    texts = [
        text
        | ({"body": pick.reads_as, "picked": pick.meaning, "bare": not pick.more} if pick else {})
        for text, pick in zip(turn.texts, picks, strict=True)
    ]
    answered = [text for text in turn.history if menus.read(text["body"]) != menu]
    return replace(turn, texts=texts, history=answered)


def at_a_loss(turn: Turn) -> Decision:
    """What is done when the walk itself failed: a person is asked, without any port or reading."""
    profile = turn.profile
    speaks = turn.owner == AGENT and not turn.opted_out
    said = phrase("human", profile, turn.moment)
    return Decision(
        replies=[{"body": said, "kind": TextKind.HAND_OFF, "evidence": []}] if speaks else [],
        alerts=[],
        escalation=escalated(turn, Reason.OTHER),
        tasks=[task(TaskKind.PROMISE, f"Reply to: {turn.asked}", hours.due(profile, turn.moment))],
        reason=Reason.OTHER,
        hands_over=True,
        opted_out=False,
        acted=False,
        memory=turn.memory,
        questions=[],
        calls=[],
        why={"reading": {}, "passages": [], "removed": [], "model": "", "prompt": ""},
    )
