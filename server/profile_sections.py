"""The parts in which a profile is edited, and the fields of each: what they are called, and what an owner should know of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.business import WEEKDAYS

Where = tuple[str, ...]
"""The way to a value: keys from the profile, or from the item of a list."""

DAYS = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One value that can be edited."""

    where: Where
    kind: str
    """Of `profile_kinds.KINDS`."""
    label: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Values with their words; `offered` says where those of the business come from."""
    offered: str = ""
    """`calendars` or `staff` of the business, `zones`, `trades`."""
    nothing: Any = None
    """The value of an empty field."""
    warning: str = ""

    @property
    def name(self) -> str:
        return ".".join(self.where)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One form, or one list with a form for each of its items."""

    name: str
    title: str
    about: str
    fields: tuple[Field, ...]
    is_list: bool = False
    """The profile has a list of this name."""
    one: str = ""
    """What an item of the list is called."""
    links: tuple[tuple[str, str], ...] = ()
    """Addresses that belong to it, with their words."""
    changed_by: str = "An owner's login can change this."
    """Told to whoever reads it only."""
    is_installations: bool = False
    """Owners read it too; whoever runs the installation enters it."""


def _field(where: str, kind: str, label: str, hint: str = "", **more: Any) -> Field:
    return Field(where=tuple(where.split(".")), kind=kind, label=label, hint=hint, **more)


_FREE_OR_BUSY = (("busy", "Busy: not offered to callers"), ("free", "Free: can be booked over"))

BUSINESS = Section(
    name="business",
    title="Name and place",
    about="What callers read and hear about who you are.",
    fields=(
        _field("name", "words", "Name"),
        _field("industry", "words", "Trade", "Chooses the standard first text and the safety words.", offered="trades"),
        _field("timezone", "zone", "Time zone", "All hours are read in it.", offered="zones"),
        _field("address", "words", "Address"),
        _field("languages", "picks", "Languages", "In which callers are answered.", choices=(("en", "English"), ("es", "Spanish"))),
        _field("tone", "area", "Tone", "How replies should sound, in a few words. Empty: friendly and short."),
    ),
)  # fmt: skip
NUMBERS = Section(
    name="numbers",
    title="Phone numbers",
    about="The numbers that callers dial and text.",
    fields=(
        _field(
            "phone", "phone", "Main number",
            "Texts and calls leave from it.",
            warning="Changing the main number changes where every text comes from: callers see a new number, and the new one has to be set up and registered with the carrier first.",
        ),
        _field("phones", "phones", "More numbers", "One a line. Calls and texts to them come here too."),
    ),
    links=(("/business/go-live", "Is every number set up and registered?"),),
)  # fmt: skip
HOURS = Section(
    name="hours",
    title="Hours",
    about="When you are open. First texts and visits go by this.",
    fields=(
        _field("hours", "week", "Your week", "Nothing on a day: closed. An end before the start is the next morning."),
        _field("holidays", "holidays", "Public holidays", "Closed on all of them. For single days, or other hours on one, use the closed days."),
    ),
    links=(("/business/profile/closures", "Closed days and other hours"),),
)  # fmt: skip
AREA = Section(
    name="area",
    title="Service area",
    about="Where you go.",
    fields=(
        _field("service_area.note", "area", "In words", nothing=""),
        _field("service_area.zips", "codes", "ZIP codes", "With commas or spaces between them."),
    ),
)
BOOKING = Section(
    name="booking",
    title="Booking",
    about="Which times callers are offered.",
    fields=(
        _field("booking.slot_step_min", "number", "Visits begin every, minutes", "30: at 9:00, 9:30, 10:00."),
        _field("booking.lead_time_min", "number", "Notice you need, minutes", "120: nothing sooner than in two hours."),
        _field("booking.horizon_days", "number", "Days ahead", "How far ahead callers may book."),
        _field("booking.daily_limit", "number", "Most visits a day", "Empty: no limit."),
        _field("booking.confirm", "choice", "A caller picks a time", choices=(("auto", "It is booked at once"), ("staff", "One of us confirms it"))),
        _field("booking.show_holds", "flag", "Show times on offer in the calendar", "As tentative events, until they are booked or given up."),
        _field("policy.tentative", "choice", "Tentative events in your calendars", choices=_FREE_OR_BUSY),
        _field("policy.all_day", "choice", "All-day events in your calendars", choices=_FREE_OR_BUSY),
        _field("policy.owner_emails", "lines", "Your e-mail addresses in calendars", "One a line. An invitation that one of these has declined is free time."),
    ),
)  # fmt: skip
TEXTING = Section(
    name="texting",
    title="Texts",
    about="What is sent without being asked, and when.",
    fields=(
        _field("texting.nudge.enabled", "flag", "Ask once more when a caller does not answer the first text"),
        _field("texting.nudge.after_min", "number", "Ask once more after, minutes", "240 to 360."),
        _field("texting.reminder.enabled", "flag", "Remind callers of their visit with one text"),
        _field("texting.reminder.before_min", "number", "Remind before the visit, minutes", "At least 120; 1440 is a day."),
        _field("texting.after_hours", "choice", "Missed after hours", choices=(("send", "The first text leaves at once"), ("hold", "The first text waits until you open"))),
        _field("texting.missed_call", "choice", "How missed calls reach Ringback", choices=(("dial", "Ringback rings our phones itself"), ("forwarded", "Our phone company forwards what we miss"), ("webhook", "Our phone system reports them"))),
        _field("texting.cooldown_min", "number", "Quiet time, minutes", "Who calls again within it gets no second first text."),
        _field("texting.rates_line", "flag", "End first texts with \u201cMsg & data rates may apply.\u201d"),
        _field("texting.countries", "codes", "Countries whose numbers are texted", "Two letters each, like US, CA. Empty: yours and its neighbors."),
        _field("texting.ask_marketing", "words", "What callers may be asked to subscribe to", "Like: seasonal offers. Empty: nobody is ever asked."),
    ),
    links=(("/business/first-text", "The words of the first text"), ("/business/calls/week", "Turn sending on or off")),
)  # fmt: skip
CALLS = Section(
    name="calls",
    title="Calls",
    about="How a call is taken before it counts as missed.",
    fields=(
        _field("calls.ring", "choice", "Which phones ring", choices=(("together", "All of them at once"), ("in_order", "One after another"))),
        _field("calls.ring_s", "number", "Each phone rings, seconds", "5 to 120. Empty: as this installation does."),
        _field("calls.when_closed", "choice", "When we are closed", choices=(("ring", "Phones ring too"), ("take", "No phone rings: the caller gets a text at once"))),
        _field("calls.screen", "flag", "Whoever picks up presses 1", "So that no voicemail of your own takes a caller's call."),
        _field("calls.min_ring_s", "number", "No text when the caller hangs up within, seconds", "0 to 60."),
        _field("calls.blocked", "phones", "Never text these numbers", "One a line. A number that ends with * stands for all that begin so, like +1900*."),
        _field("calls.look_up_lines", "flag", "Ask the carrier whether an unknown caller has a landline", "It costs a little for each new caller."),
        _field("calls.voicemail.enabled", "flag", "Take voicemail"),
        _field("calls.voicemail.greeting", "area", "Voicemail greeting", "Empty: one that is made from your name and hours."),
        _field("calls.voicemail.longest_s", "number", "Longest voicemail, seconds", "10 to 600."),
    ),
)  # fmt: skip
LINKS = Section(
    name="links",
    title="Links",
    about="Web addresses in texts.",
    fields=(
        _field("links.booking", "words", "Your booking page", "Like https://example.com/book. Empty: none."),
        _field("links.allow_in_first_text", "flag", "The first text may have the booking link"),
        _field("links.hosts", "lines", "More web sites that texts may link to", "One a line, like example.com."),
        _field("links.visit_page", "flag", "Confirm a visit with a link to its own page"),
    ),
)  # fmt: skip
PRIVACY = Section(
    name="privacy",
    title="Privacy",
    about="What may be read by whom.",
    fields=(
        _field("privacy.health", "flag", "We handle health information", "Callers' words stay out of what is kept about them, and no model reads them without an agreement."),
        _field("privacy.model_agreement", "flag", "The model's provider has signed a business associate agreement"),
    ),
    links=(("/business/data", "How long things are kept, and one caller's record"),),
)  # fmt: skip
TWILIO = Section(
    name="twilio",
    title="Carrier account",
    about="Only for a business with a Twilio account of its own. Empty: that of this installation.",
    fields=(
        _field("twilio.account_sid", "words", "Account SID", "Begins with AC."),
        _field("twilio.auth_token_env", "words", "Where the auth token is", "The name of a setting on the server. Empty: it was typed in."),
    ),
    changed_by="Whoever runs this installation enters it.",
    is_installations=True,
)  # fmt: skip
SERVICES = Section(
    name="services",
    title="Services",
    about="What callers can book, with prices and how long it takes.",
    is_list=True,
    one="service",
    fields=(
        _field("name", "words", "Name"),
        _field("price", "words", "Price", "As you would text it, like $149 or from $90. Empty: no price is told. If a document names a price too, callers are told that one: change it there as well."),
        _field("aliases", "lines", "Other words for it", "One a line, as callers say it."),
        _field("duration_min", "number", "How long it takes, minutes"),
        _field("buffer_before_min", "number", "Keep free before, minutes"),
        _field("buffer_min", "number", "Keep free after, minutes"),
        _field("calendars", "picks", "Goes into", "Any one that is free.", offered="calendars"),
        _field("need", "groups", "Needs at once", "Only where a visit takes more than one calendar: a line for each that is needed, like van-1, van-2 and under it lift."),
    ),
)  # fmt: skip
CALENDARS = Section(
    name="calendars",
    title="Calendars",
    about="Who or what can be booked: a person, a van, a chair. Ringback keeps them itself, or they live where yours is.",
    is_list=True,
    one="calendar",
    fields=(
        _field("staff", "choice", "Whose it is", offered="staff"),
        _field("days", "days", "Days", choices=tuple(DAYS.items())),
        _field("hours", "own_week", "Hours of its own", "Without: your opening hours."),
    ),
    links=(("/business/calendars", "Connect one to Google, Apple or another program"),),
)  # fmt: skip
STAFF = Section(
    name="staff",
    title="People",
    about="Who works here.",
    is_list=True,
    one="person",
    fields=(
        _field("name", "words", "Name"),
        _field("role", "words", "What they do", nothing="staff"),
        _field("phone", "phone", "Phone", "For calls and alerts. Callers never see it."),
        _field("email", "words", "E-mail"),
    ),
    links=(("/business/people", "Logins and invitations"), ("/business/on-call", "Who is on call")),
)
CLOSURES = Section(
    name="closures",
    title="Closed days",
    about="Days whose hours differ from the week's.",
    is_list=True,
    one="day",
    fields=(
        _field("date", "date", "Day"),
        _field("reason", "words", "Why", nothing=""),
        _field("hours", "spans", "Open all the same", "Nothing: closed all day."),
    ),
    links=(("/business/profile/hours", "The week, and public holidays"),),
)
_NEW_CALENDAR = _field(
    "name", "words", "Name", "Short, like van-2 or chair-1. It cannot be changed later."
)

SECTIONS: dict[str, Section] = {
    one.name: one
    for one in (
        BUSINESS, NUMBERS, HOURS, CLOSURES, SERVICES, AREA, STAFF, CALENDARS, BOOKING, TEXTING, CALLS, LINKS, PRIVACY,
        TWILIO,
    )
}  # fmt: skip
ELSEWHERE: dict[Where, tuple[str, str]] = {
    ("first_text",): ("/business/first-text", "First text"),
    ("after_hours_text",): ("/business/first-text", "First text after hours"),
    ("on_call",): ("/business/on-call", "On call"),
    ("alerts",): ("/business/on-call", "How long each person on call has"),
    ("autonomy",): ("/business/autonomy", "How freely the agent sends"),
    ("canned_replies",): ("/business/replies", "Saved replies"),
    ("weekly_summary",): ("/business/numbers/weekly", "Weekly summary"),
    ("texting", "mode"): ("/business/calls/week", "Whether callers are texted"),
    ("staff", "login"): ("/business/people", "Login"),
    ("privacy", "retention_days"): ("/business/data", "Days that texts are kept"),
    ("privacy", "media_days"): ("/business/data", "Days that photos are kept"),
    ("privacy", "voicemail_days"): ("/business/data", "Days that voicemail is kept"),
    ("privacy", "calls_days"): ("/business/data", "Days that calls are kept"),
    ("privacy", "consent_days"): ("/business/data", "Days that consent is kept"),
    ("calendars", "url"): ("/business/calendars", "Where it lives"),
    ("calendars", "username"): ("/business/calendars", "User name there"),
    ("calendars", "password_env"): ("/business/calendars", "Password there"),
}
"""What has a page of its own, and what it is called."""
FIXED: dict[Where, str] = {
    ("slug",): "Short name",
    ("staff", "id"): "Short name",
    ("calendars", "id"): "Name",
    ("services", "id"): "Short name",
}
"""Given once, when a thing is added: everything else refers to it."""


def fields_of(section: Section, *, is_new: bool) -> tuple[Field, ...]:
    """Of the section's form; a new calendar is given its name."""
    if is_new and section is CALENDARS:
        return (_NEW_CALENDAR, *section.fields)
    return section.fields


def every_field() -> Iterator[tuple[Where, Field]]:
    """Each field with the way to it from the profile, without places in lists."""
    for section in SECTIONS.values():
        for field in section.fields:
            yield ((section.name, *field.where) if section.is_list else field.where), field
