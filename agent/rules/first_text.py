"""The fixed first text after a missed call."""

from datetime import datetime

from agent.business import Business
from agent.rules import hours, packs, templates
from agent.rules.segments import plain

OPT_OUT_LINE = "Reply STOP to opt out."


def render(business: Business, called_at: datetime) -> str:
    """The first text for a call missed at that moment: the owner's own words, else the pack's.

    The opt-out line is always there, whatever the owner wrote; what sells is not, nor a link that is not allowed.
    """
    pack = packs.pack(business.industry)
    if hours.is_open(business, called_at):
        own, ours = business.first_text, pack["first_text"]
    else:
        own, ours = business.after_hours_text or business.first_text, pack["after_hours_text"]
    filled = _fill(own, business, called_at) if own else ""
    said = templates.without_selling_and_links(business, filled)
    text = plain(said or _fill(ours, business, called_at))
    return text if "STOP" in text else f"{text} {OPT_OUT_LINE}"


def _fill(template: str, business: Business, called_at: datetime) -> str:
    values = {
        "business": business.name,
        "call_time": hours.clock_words(called_at.astimezone(business.zone)),
        "expect": hours.expect(business, called_at),
        "booking_link": business.links.booking or "",
    }
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return " ".join(template.split())
