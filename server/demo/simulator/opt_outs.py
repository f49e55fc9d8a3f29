"""Twilio's own handling of STOP, START and HELP."""

from typing import Literal

Keyword = Literal["STOP", "START", "HELP"]

STOP_WORDS = frozenset(
    {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
)
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


def read_keyword(body: str) -> Keyword | None:
    """The keyword, if the whole text is one; "STOP please" is none."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None


class OptOuts:
    """Pairs of (business number, caller) between which the carrier sends nothing."""

    def __init__(self) -> None:
        self._pairs: set[tuple[str, str]] = set()

    def blocks(self, *, business: str, caller: str) -> bool:
        return (business, caller) in self._pairs

    def apply(
        self, keyword: Keyword, *, business: str, caller: str, answers_help: bool
    ) -> str | None:
        """Change the list and return the carrier's own reply; repeating a keyword gets none."""
        pair = (business, caller)
        match keyword:
            case "STOP" if pair not in self._pairs:
                self._pairs.add(pair)
                return STOP_REPLY
            case "START" if pair in self._pairs:
                self._pairs.remove(pair)
                return START_REPLY
            case "HELP" if answers_help and pair not in self._pairs:
                return HELP_REPLY
        return None

    def clear(self) -> None:
        self._pairs.clear()
