"""Which language is a text in? English unless enough of it is plainly another."""

from agent.rules.normal import words_only

_SPANISH = frozenset(
    [
        "hola",
        "gracias",
        "por",
        "favor",
        "que",
        "como",
        "cuando",
        "donde",
        "cuanto",
        "cuesta",
        "tienen",
        "necesito",
        "quiero",
        "puedo",
        "puede",
        "pueden",
        "cita",
        "manana",
        "hoy",
        "esta",
        "estoy",
        "tengo",
        "una",
        "uno",
        "los",
        "las",
        "del",
        "con",
        "para",
        "mi",
        "su",
        "casa",
        "agua",
        "bano",
        "si",
        "buenos",
        "buenas",
        "dias",
        "tardes",
        "noches",
        "llamar",
        "llame",
        "precio",
        "abierto",
        "abren",
        "cierran",
        "hacen",
        "ustedes",
        "hablan",
        "ayuda",
        "fuga",
    ]
)


def read(text: str) -> str:
    """`es` or `en`."""
    words = words_only(text).split()
    if not words:
        return "en"
    spanish = sum(word in _SPANISH for word in words)
    return "es" if spanish / len(words) >= 0.4 or spanish >= 4 else "en"  # noqa: PLR2004 - a third of a short text is names and numbers
