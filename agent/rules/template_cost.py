"""What a first text costs: characters, signs and segments, as it is sent."""

from agent.rules.first_text import LONGEST
from agent.rules.segments import is_gsm7, plain, segments
from agent.rules.template_finding import Finding, finding, listed
from agent.rules.template_text import Written

_ONE_SEGMENT, _TWO_SEGMENTS, _OTHER_SIGNS = 160, 306, 70
"""Characters of one and two GSM-7 segments, and of one with other signs (3GPP TS 23.038)."""


def characters(text: Written) -> Finding:
    count, most = len(text.sent), _ONE_SEGMENT if text.limit == 1 else _TWO_SEGMENTS
    if count > LONGEST:
        return finding(
            "characters", f"{count} characters: carriers take {LONGEST} at most.", "", blocks=True
        )
    wrong = f"{count} characters as it is sent: {count - most} too many." if count > most else ""
    return finding("characters", wrong, f"{count} as it is sent.")


def encoding(text: Written) -> Finding:
    odd = dict.fromkeys(sign for sign in text.sent if not is_gsm7(sign))
    wrong = (
        f"{listed(odd)} is no sign of a plain SMS (GSM-7): a segment holds {_OTHER_SIGNS} characters with it, not {_ONE_SEGMENT}."
        if odd
        else ""
    )
    mended = dict.fromkeys(one for one in text.template if not is_gsm7(one) and is_gsm7(plain(one)))
    well = f"; {listed(mended)} is sent as a plain sign" if mended else ""
    return finding("encoding", wrong, f"plain signs (GSM-7){well}.")


def parts(text: Written) -> Finding:
    count = segments(text.sent)
    dear = dict.fromkeys(sign for sign in text.sent if _is_dear(sign))
    why = f" {listed(dear)} takes more room than a letter." if dear else ""
    wrong = (
        f"it takes {count} SMS, {text.limit} would do: shorten it, and use plain letters and signs.{why}"
        if count > text.limit
        else ""
    )
    return finding("segments", wrong, f"{count} SMS.")


def _is_dear(sign: str) -> bool:
    """Half as many of it fit into a segment, or fewer."""
    return segments(sign * (_ONE_SEGMENT // 2 + 1)) > 1
