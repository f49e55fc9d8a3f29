"""Does a text promise a later act of a person or the business? Then a committed task must stand behind it."""

import re

from agent.rules.claims.value import fold
from agent.rules.sentences import sentences

_WHEN = r"(?:(?:also|then|now|just|gladly|happily|personally|definitely|certainly|try to|make sure to|be able to|first|quickly|soon|again) )*"
_ACT = (
    r"(?:check|call|phone|ring|text|reply|respond|answer|reach|contact|follow|find|let (?:you|him|her|them|\w+) know|send|get|confirm|ask|look|review|dig|mail|e-?mail"
    r"|message|update|write|bring|take (?:care|this|that|it|a look)|make (?:this|that|it|sure)|fix|repair|replace|handle|sort|waive|pass|forward|add|see (?:what|if|to|about|whether)|work (?:that|this|it|on)"
    r"|have|put|return|come (?:back|by|over)|give|arrange|order|set|hold|save|prepare|refund|report|ping|schedule|book|relay|tell|notify|remind|track|pull|drop|speak|talk|discuss|investigate|credit|honor|match"
    r"|be (?:in touch|(?:right )?(?:back|there|over|with you)|reaching|calling|texting|contacting|sending|getting|following|emailing|messaging|on (?:it|top)))\b"
)
_NEWS = r"(?:calls?|texts?|messages?|reply|repl(?:y|ies)|answers?|e-?mails?|updates?|news|quotes?|responses?|visits?)"
_SHAPES = [
    rf"\b(?!(?:you|nobody|none|it|this|that|there|nothing|who|when|what|where|which)\b)[a-z]+(?:'s|s')?(?:'ll| will| shall|'s going to|'re going to|'m going to| (?:am|is|are) going to| gonna) {_WHEN}{_ACT}",
    rf"^(?:and |so |ok(?:ay)?,? )?(?:will|going to) {_ACT}(?! (?:you|we|it|they)\b)|^will do\b",
    rf"\byou(?:'ll| will| should| can expect to| are going to|'re going to)(?: \w+)? (?:be )?(?:hear(?:ing)? (?:back )?from|(?:get(?:ting)?|have|having|receiv\w+|see) (?:an? |her |his |our |their |the |your )?(?:\w+ ){{0,2}}{_NEWS}\b)",
    rf"\b(?:expect|look out for|watch for) (?:an? |our |the )?(?:\w+ )?{_NEWS}\b(?: \w+)* ?(?:from|today|tomorrow|this|within|by|soon|shortly|in)\b",
    r"\b(?:let me (?!know\b)(?:\w+ )?(?:check|find|ask|see|look|get|talk|confirm|run|dig|pull|verify)|leave (?:it|this|that) (?:with|to) (?:me|us)|i'?m on it|we're on it|consider it done|while i (?:ask|check|look|find)|(?:get|getting|come|coming|circle|circling|report) back (?:to you|with)|back to you (?:in|by|soon|shortly|today|tomorrow|with)|more soon|(?:i|we) promise (?:to|you|that|we|i)|rest assured)\b",
    r"\b(?:i've|i have|we've|we have) (?:passed|forwarded|sent|asked|told|let \w+ know|notified)\b|\b(?:question|request|message|photo|note)s? (?:is|are|has been|have been) (?:now )?(?:with|passed|forwarded|sent)\b",
    r"\b(?:will|'ll|to) be in touch\b|\b(?:is|are|am|'m|'re) (?:calling|texting|sending|checking|asking|getting|emailing) (?:you|your|with|on|that|it)\b",
    # Spanish
    r"\b(?<!\blo )(?<!nunca )(?<!\bno )(?:le|les|te|se l[aoe]s?|nos) (?:\w+ )?(?:llam|avis|contact|contest|confirm|mand|envi|pregunt|consult|comunic|inform|encarg|pas|aclar)(?:o|amos)\b|\b(?:le|les|te|se l[aoe]) (?:escrib|respond)(?:o|imos|emos)\b|\b(?:le|les|te|se lo) (?:digo|decimos|doy|damos|tengo|tenemos)\b(?! .*\b(?:gracias|bienvenid))|\blos? (?:averigu|consult|revis|pregunt|arregl)(?:o|amos)\b",
    r"(?<!nunca )(?<!\bno )(?<!\bno le )(?<!nadie )(?<!nadie le )\b(?:llam|avis|contact|contest|confirm|mand|envi|pregunt|consult|averigu|revis|busc|comunic|inform|arregl|encarg|ayud|regres|pas)ar(?:e|a|emos|an)\b",
    r"(?<!nunca )(?<!\bno )(?<!\bno le )\b(?:(?:escribi|responde|devolve|atende|resolve|da|i|podre)r(?:e|a|emos|an)|diran?|dire(?:mos)?|hare(?:mos)?|hara|se pondran?|nos pondremos)\b",
    r"(?<!\bno )\b(?:voy|va|vamos|van) a (?:llamar|avisar|contactar|contestar|confirmar|mandar|enviar|preguntar|consultar|averiguar|revisar|buscar|comunicar|escribir|responder|devolver|atender|resolver|ver si|decir|arreglar|encargar|dar|hablar)\w*",
    r"\b(?:recibira|tendra|le llegara)n? (?:un[ao]? |su |la |el |mi )?(?:pronto )?(?:llamada|mensaje|respuesta|noticias|correo|texto|presupuesto)\b|\b(?:dejel[oa]|dejal[oa]|dejeme|permitame|dejame) (?:en mis manos|en nuestras manos|\w+(?:ar|er|ir)(?:l[oa])?)\b|\bya (?:he )?(?:pase|pasado|pasamos|avise|avisamos)\b|\bhe pasado\b",
]  # fmt: skip
_PROMISE = [re.compile(shape) for shape in _SHAPES]


def promise_in(sentence: str) -> str | None:
    """The words that promise, or None; questions, offers and the visit that is booked are none."""
    for one in sentences(sentence):
        if one.rstrip().endswith("?"):
            continue
        said = fold(one)
        for shape in _PROMISE:
            if match := shape.search(said):
                return one[match.start() : match.end()].strip()
    return None
