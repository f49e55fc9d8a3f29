"""What the page of the first texts shows: each text with its findings, as callers would read it, and the packs' words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.business import Business
from agent.rules import first_text, hours, packs, templates, wording
from agent.rules.openings import opening_hours
from agent.rules.segments import segments
from agent.rules.templates import Finding

LANGUAGES = {"en": "English", "es": "Spanish"}
_SEARCH_DAYS = 15
_TITLES: tuple[tuple[packs.TextName, str, str], ...] = (
    ("first_text", "While you are open", "Sent when a call is missed in your opening hours."),
    ("after_hours_text", "After hours", "Sent when a call is missed while you are closed."),
)


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """A text as a caller's phone shows it."""

    language: str
    words: str
    length: int
    segments: int


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One of the two texts."""

    name: str
    title: str
    hint: str
    own: str
    """The owner's words; empty: the pack's are sent."""
    pack: str
    findings: Sequence[Finding]
    when: str
    """Of the call that the bubbles are for; empty: there is no such call."""
    bubbles: Sequence[Bubble]

    @property
    def wrong(self) -> list[Finding]:
        """What blocks first."""
        return sorted((one for one in self.findings if not one.ok), key=lambda one: not one.blocks)

    @property
    def well(self) -> list[Finding]:
        return [one for one in self.findings if one.ok]

    @property
    def summary(self) -> str:
        count = len(self.wrong)
        kept = f"All {len(self.findings)} rules are kept."
        if not count:
            return kept
        return f"{'1 thing' if count == 1 else f'{count} things'} to mend."


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A pack's text to start from."""

    pack: str
    title: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Words to put somewhere else."""

    id: str
    title: str
    words: str


def panels(business: Business, now: datetime) -> list[Panel]:
    return [_panel(business, now, *about) for about in _TITLES]


def choices(business: Business, text: packs.TextName) -> list[Choice]:
    """The packs' texts in the business's first language, its own pack's first."""
    own, language = packs.name(business.industry), spoken(business)[0]
    titles = sorted(packs.titles().items(), key=lambda one: one[0] != own)
    return [
        Choice(pack=name, title=title, words=packs.template(name, text, language))
        for name, title in titles
    ]


def copies(business: Business) -> Iterator[Copy]:
    """The words for a voicemail and for a website, in each language."""
    for language in spoken(business):
        name = LANGUAGES[language]
        said = wording.greeting(business, language)
        yield Copy(id=f"greeting-{language}", title=f"Voicemail greeting, {name}", words=said)
    for language in spoken(business):
        said = wording.for_website(business, language)
        name = LANGUAGES[language]
        yield Copy(
            id=f"website-{language}", title=f"For your website and forms, {name}", words=said
        )


def spoken(business: Business) -> list[str]:
    """The business's languages for which there are words."""
    codes = [one.lower()[:2] for one in business.languages]
    return [one for one in dict.fromkeys(codes) if one in LANGUAGES] or ["en"]


def pack_words(business: Business, text: packs.TextName) -> str:
    return packs.template(business.industry, text, spoken(business)[0])


def _panel(business: Business, now: datetime, name: packs.TextName, title: str, hint: str) -> Panel:
    own = (business.first_text if name == "first_text" else business.after_hours_text) or ""
    pack = pack_words(business, name)
    closed = name == "after_hours_text"
    called_at = _closed_moment(business, now) if closed else _open_moment(business, now)
    return Panel(
        name=name,
        title=title,
        hint=hint,
        own=own,
        pack=pack,
        findings=templates.lint(business, own or pack, closed=closed),
        when=_when(business, called_at, now) if called_at else "",
        bubbles=[_bubble(business, called_at, one) for one in spoken(business)]
        if called_at
        else [],
    )


def _bubble(business: Business, called_at: datetime, language: str) -> Bubble:
    words = first_text.render(business, called_at, language=language)
    return Bubble(
        language=LANGUAGES[language], words=words, length=len(words), segments=segments(words)
    )


def _when(business: Business, called_at: datetime, now: datetime) -> str:
    return "now" if called_at == now else hours.ahead(business, called_at, now)


def _open_moment(business: Business, now: datetime) -> datetime | None:
    return now if hours.is_open(business, now) else hours.next_opening(business, now)


def _closed_moment(business: Business, now: datetime) -> datetime | None:
    """None: the business does not close within two weeks."""
    if not hours.is_open(business, now):
        return now
    openings = opening_hours(business)
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    days = (yesterday + timedelta(days=ahead) for ahead in range(_SEARCH_DAYS))
    ends = (span.end for day in days for span in openings.spans(day) if span.end > now)
    return next((end for end in ends if not hours.is_open(business, end)), None)
