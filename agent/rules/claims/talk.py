"""Parts of a text that claim nothing about the business: courtesies, questions back, what the caller has said."""

import re

from agent.rules.claims.rows import Piece

_COURTESY = re.compile(
    r"^\W*(?:(?:many )?thank(?:s| you)\b|hi\b|hello\b|hey\b|good (?:morning|afternoon|evening|question|news|day)\b|great question\b|(?:i am |i'm |we're |we are )?(?:so |very |really )?(?:sorry|glad|happy)\b(?!.*\b(?:we|our)\b)|no (?:problem|worries|rush|hurry)\b|you(?:'re|r| are) welcome\b|have a (?:good|great|nice)\b|take care\b|see you (?:then|soon|there)\b|my pleasure\b|congrat\w*"
    r"|(?:please |just |feel free to |you can |you can also |or )?(?:let (?:us|me) know|tell (?:us|me)|text (?:us|me|back|here)|reply|message us|call us|give us a (?:call|ring)|reach us|write (?:us|here)|ask (?:us|me)|check with us)\b"
    r"|(?:i|we)(?:'m| am|'re| are)? (?:understand|hear you|get it|see|can (?:certainly |definitely )?help|would be happy|'d be happy)\b|got it\b|understood\b|noted\b|of course\b|absolutely\b|certainly\b|sounds (?:good|great)\b|sure(?: thing)?\b|perfect\b|great\b(?! \w+ \w+)|okay?\b|alright\b"
    r"|(?:muchas )?gracias\b|hola\b|buenos dias\b|buenas (?:tardes|noches)\b|de nada\b|con (?:mucho )?gusto\b|claro(?: que si)?\b|lo siento\b|lamento\b|perdon\b|disculpe\b|entendido\b|perfecto\b|de acuerdo\b|que (?:tenga|le vaya)\b|(?:por favor )?(?:avise(?:me|nos)|digame|diganos|escriba(?:nos|me)|responda|llame(?:nos)?|puede (?:llamar|escribir)(?:nos)?)\b|buena pregunta\b)"
)  # fmt: skip
_ASKING = re.compile(
    r"^\W*(?:and |or |so |y |o )?(?:who|what|when|where|which|how|why|would|could|can|may|shall|should|do|does|did|is|are|was|will|want|need|any|anything|have|has|still|que|cual|cuando|donde|como|quien|le|quiere|desea|prefiere|gusta|puedo|puede|podria|necesita|tiene|busca|alguna|algun|hay|es|esta|les|lo|la|sirve|conviene|va bien)\b"
)
_OF_CALLER = re.compile(
    r"^\W*(?:so |and |it sounds like |sounds like |i see (?:that )?|i understand (?:that )?|if )?(?:you (?:said|mentioned|asked|wrote|told|want|wanted|were asking|are asking|are looking|need|had)|you're (?:asking|looking)|youd like|you'd like|usted (?:dijo|menciono|pregunto|quiere|pidio)|como (?:dijo|menciono))\b"
)
_NOT_KNOWN = re.compile(
    r"\bi (?:do not|don't|dont|can't|cannot|can not|couldn't|could not|am not|'m not)(?: \w+)? (?:have|know|see|find|confirm|say|answer|tell|sure|able|promise|quote|give|book)\b|\bi'm not (?:sure|able|certain)\b|\bno (?:lo se|tengo (?:esa|ese|esta|la|el))\b|\bno (?:puedo|sabria)\b|\bi'?d (?:need|have) to\b"
)
_OFFER_TO_ASK = re.compile(
    r"\b(?:if you (?:like|want|wish|would like|prefer)|si (?:quiere|gusta|desea|prefiere))\b|^\W*(?:shall|should|may|can) i\b"
)


def is_asking(piece: Piece, sentence: str) -> bool:
    """A question back to the caller, or its last part."""
    return sentence.rstrip().endswith("?") and bool(_ASKING.search(piece.text.replace("\x00", " ")))


def is_talk(piece: Piece) -> bool:
    """A courtesy, what the agent does not know, or what the caller has said."""
    text = piece.text.replace("\x00", "")
    return any(shape.search(text) for shape in (_COURTESY, _OF_CALLER, _NOT_KNOWN))
