"""Where a sentence can be cut so that what is left still stands alone."""

import re
from collections.abc import Iterator

_JOINTS = re.compile(
    r"(?P<free>\s*;\s+|\s+[-\u2013\u2014]{1,2}\s+|\s*\u2014\s*|:\s+)|(?P<and>,?\s+(?:and|but|plus|so|y|pero|ademas|además)\s+)|(?P<comma>,\s+)"
)
_ASIDE = re.compile(r"\s*\(([^()]*)\)")
_VERBS = r"(?:is|are|was|were|isn.t|aren.t|has|have|had|do|does|don.t|doesn.t|can|can.t|cannot|will|won.t|would|could|should|may|must|costs?|takes?|includes?|covers?|starts?|runs?|lasts?|opens?|closes?|needs?|works?|comes?|es|son|esta|está|están|cuesta|vale|tiene|tenemos|hay|incluye|dura|abre|puede|queda)"
_ANSWERS = r"(?:(?:yes|no|sure|sorry|ok|okay|great|perfect|thanks|unfortunately|si|sí|lo siento|gracias)[,.!]?\s+)?"
_WHOLE = re.compile(
    rf"^{_ANSWERS}(?:(?:\S+\s+){{1,7}}?{_VERBS}\b|(?:\S+\s+){{0,4}}?\S+['’](?:s|re|ve|ll|m)\b|(?:we|you|i|they|it|there|he|she)\s+\w+|(?:abrimos|hacemos|aceptamos|atendemos|ofrecemos|estamos|somos|cobramos)\b)",  # noqa: RUF001 - phones type the curly one
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^(?:yes|no|sure|si|sí|sorry)$", re.IGNORECASE)
_HANGS = re.compile(r"^(?:if|when|while|since|because|as|although|once|after|before|unless|until|for|with|by|to|than|that|which|who|how|what|it|its|it.s|they|they.re|this|si|cuando|mientras|como|para|porque|aunque)\b", re.IGNORECASE)  # fmt: skip


def ways_to_cut(sentence: str) -> Iterator[tuple[str, str]]:
    """Pairs of what would be left and what would go; those that leave most come first."""
    for aside in _ASIDE.finditer(sentence):
        yield sentence[: aside.start()] + sentence[aside.end() :], aside[1]
    joints = list(_JOINTS.finditer(sentence))
    for joint in reversed(joints):
        left, right = sentence[: joint.start()], sentence[joint.end() :]
        if _whole(left) and not (joint["and"] and "," in left and not _whole(right)):
            yield _ended(left), right
    for joint in joints:
        left, right = sentence[: joint.start()], sentence[joint.end() :]
        if not joint["comma"] and _whole(left) and _whole(right) and not _HANGS.match(right):
            yield _ended(right[0].upper() + right[1:]), left


def _whole(clause: str) -> bool:
    if _ANSWER.match(clause):
        return True
    return bool(_WHOLE.match(clause)) and not _HANGS.match(clause)


def _ended(clause: str) -> str:
    return clause if clause[-1] in ".!?" else f"{clause}."
