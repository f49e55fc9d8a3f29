"""The rules of what a first text says, one function each: what is wrong with it and how to mend it."""

from agent.business import WEEKDAYS, Business
from agent.data import rule_data
from agent.rules import allowed, filling, must_say, packs
from agent.rules.normal import first_match, normal
from agent.rules.sentences import sentences
from agent.rules.template_finding import Finding, finding, listed
from agent.rules.template_text import Written

_WORDS = "first_text"
"""The rule data: what owners write that callers should not read."""
_SENTENCES = 2


def variables(text: Written) -> Finding:
    wrong = ""
    if unknown := filling.unknown(text.template):
        known = " ".join("{" + name + "}" for name in filling.VARIABLES)
        wrong = f"nobody knows what to put for {listed(unknown)}: the words in braces are {known}."
    elif filling.uses(text.template, "booking_link") and not text.business.links.booking:
        wrong = "there is no booking page under links.booking: what leads to {booking_link} is left out."
        return finding("variables", wrong, "")
    return finding("variables", wrong, "every word in braces is known.", blocks=True)


def selling(text: Written) -> Finding:
    found = allowed.selling(text.business, text.template)
    wrong = f"this sells and is left out: {listed(found)}. One selling sentence makes the whole text advertising."
    return finding("selling", wrong if found else "", "nothing in it sells.", blocks=True)


def links(text: Written) -> Finding:
    found = allowed.forbidden_links(text.business, text.template)
    if not found:
        return finding("links", "", "no link that carriers would mind.")
    foreign = [one for one in found if allowed.is_hidden_or_foreign(text.business, one)]
    mend = "Name its host under links.hosts and set links.allow_in_first_text."
    if foreign:
        mend = f"Short links are filtered by carriers; for a page of your own: {mend[0].lower()}{mend[1:]}"
    wrong = f"this link is left out: {listed(found)}. {mend}"
    return finding("links", wrong, "", blocks=bool(foreign))


def emergency(text: Written) -> Finding:
    if not packs.is_health(text.business):
        return finding("emergency line", "", "not a health office: none is needed.")
    line = must_say.lines(text.language)["emergency"]
    missing = not must_say.has_emergency_line(text.filled)
    wrong = f'health offices name the emergency number first: add "{line}"' if missing else ""
    return finding("emergency line", wrong, "911 is named.", blocks=True)


def brand(text: Written) -> Finding:
    if not text.business.name.strip():
        return finding("brand", "the business has no name.", "", blocks=True)
    begins = text.filled[: max(must_say.BRAND_WITHIN, len(text.business.name))]
    wrong = (
        ""
        if must_say.names(text.business, begins)
        else "callers should see at once who writes: put {business} first."
    )
    return finding("brand", wrong, "it begins with who writes.")


def missed(text: Written) -> Finding:
    wrong = 'say that you missed their call, as in "Sorry we missed your call".'
    return finding(
        "missed call",
        "" if _found("missed", normal(text.template)) else wrong,
        "it says that you missed their call.",
    )


def generic(text: Written) -> Finding:
    found = _found("generic", normal(text.template))
    wrong = (
        f'"{found}" could be from anybody: say that you missed their call instead.' if found else ""
    )
    return finding("own words", wrong, "no stock phrases.")


def question(text: Written) -> Finding:
    asked = text.filled.count("?")
    wrong = ""
    if asked > 1:
        wrong = "it asks more than one question: ask the one that is easy to answer."
    elif not asked and not _found("invites", normal(text.own_words)):
        wrong = "it asks nothing: end with one question that is easy to answer."
    return finding(
        "one question", wrong, "one thing is asked." if asked else "it says how to answer."
    )


def length(text: Written) -> Finding:
    count = len(sentences(text.own_words))
    wrong = (
        f"{count} sentences beside the lines that law asks for: keep to two, people read no more."
        if count > _SENTENCES
        else ""
    )
    return finding("sentences", wrong, f"{count} beside the lines that law asks for.")


def opt_out(text: Written) -> Finding:
    line = must_say.lines(text.language)["opt_out"]
    wrong = (
        ""
        if must_say.has_opt_out(text.filled)
        else f'it does not say how to stop: "{line}" is added.'
    )
    return finding("how to stop", wrong, "it says how to stop.")


def true(text: Written) -> Finding:
    said = text.statements
    found = _found("false", said)
    wrong = f'"{found}" is not true: they called you.' if found else ""
    hours = _found("open" if text.closed else "closed", said)
    if not wrong and hours:
        when = "after hours" if text.closed else "when you are open"
        wrong = f'"{hours}" is not true: this text is for calls {when}.'
    return finding("true", wrong, "nothing that is untrue of every missed call.")


def available(text: Written) -> Finding:
    said, wrong = text.statements, ""
    if (found := _found("always", said)) and not _never_closes(text.business):
        wrong = f'"{found}": your opening hours do not show that.'
    elif text.closed and (found := _found("at_once", said)):
        wrong = (
            f'"{found}" is not true after hours: say {{expect}}, which becomes "tomorrow at 8 AM".'
        )
    elif found := _found("fixed_time", said):
        wrong = (
            f'"{found}" is not true on every day: say {{expect}}, which becomes "tomorrow at 8 AM".'
        )
    return finding("availability", wrong, "it promises nobody who is not there.")


def _never_closes(business: Business) -> bool:
    always = all("00:00-24:00" in business.hours.get(day, ()) for day in WEEKDAYS)
    return always and not business.closures and not business.holidays


def _found(rule: str, said: str) -> str | None:
    return first_match(rule_data(_WORDS)[rule], said)
