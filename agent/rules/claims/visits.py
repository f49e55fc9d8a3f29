"""What is said of a visit: that it is booked, free, or on its way. Only the calendar and people know."""

import re
from collections.abc import Sequence

from agent.model import Evidence
from agent.rules.claims.value import fold

_BOOKED = re.compile(
    r"\b(?:(?:are|is|'re|'s|been|you) (?:all |now |already )?(?:booked|scheduled|confirmed|reserved)(?! (?:out|for \w+ at a time))|(?:we|i)(?:'ve| have|'ll have)?(?: \w+)? (?:booked|scheduled|reserved|penciled|moved|cancell?ed|saved|got you)\b(?: you| your)?|(?:you're|you are) (?:all set|in|down for|on (?:the|our) (?:schedule|calendar|books))|see you (?:on |at |this |next )?(?:\x00|mon|tue|wed|thu|fri|sat|sun|tomorrow|today)|(?:su|tu) (?:cita|visita) (?:esta|quedo|queda) (?:confirmada|reservada|agendada|programada)|(?:quedo|queda|esta) (?:reservad|agendad|confirmad|programad)[oa]|le (?:reserve|agende)|nos vemos el)"
)
_COMING = re.compile(
    r"\b(?:on (?:the|his|her|their|its|my|our) way|en camino|heading (?:over|out|your way)|just left|en route|running late|almost there|ready (?:for|to be) pick(?:ed)? ?-?up|is (?:done|finished|ready)\b|esta (?:lista|listo|terminad[oa]))"
)
_OPEN = re.compile(
    r"\b(?:(?:i|we)(?:'ve| have|'ve got| have got)? (?:an? |some |one )?(?:\w+ )?(?:opening|openings|slot|slots|availability|spot|spots)|(?:can|could) (?:squeeze|fit) you in|(?:is|are) (?:free|open|available) (?:today|tonight|tomorrow|this|on \w+day at)|can (?:come|be there|be out|stop by|send someone)(?: \w+){0,2} (?:today|tonight|tomorrow|this (?:morning|afternoon|evening|week))|tenemos (?:un )?(?:espacio|hueco|lugar|disponibilidad))\b"
)


def unheld(sentence: str, evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    """The words that say how a visit stands, where nothing but the calendar or a person could know and neither does."""
    text = fold(sentence)
    if text.rstrip().endswith("?") and not re.match(r"(?:yes|si)\b", text):
        return []
    visits = [fold(one.text) for one in evidence if one.kind == "appointment"]
    slots = any(one.kind == "slot" for one in evidence)
    said = [fold(one.text) for one in evidence if one.kind != "caller"]
    found = []
    if (match := _BOOKED.search(text)) and not visits:
        found.append((match[0], "availability"))
    if (match := _COMING.search(text)) and not any(_COMING.search(one) for one in said):
        found.append((match[0], "availability"))
    if (match := _OPEN.search(text)) and not slots:
        found.append((match[0], "availability"))
    return found
