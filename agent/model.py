"""The words of the house: what every room means by caller, text, reading, passage, task."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Urgency(StrEnum):
    ROUTINE = "routine"
    URGENT = "urgent"  # a person should look soon: the business's own trade is pressing
    EMERGENCY = "emergency"  # life, health or property at once: a person is paged now


class OptOut(StrEnum):
    NONE = "none"
    REVOKE = "revoke"  # no more texts, at once
    CLARIFY = "clarify"  # the appointment could be meant
    HELP = "help"  # the HELP keyword: say who we are
    START = "start"  # texts may start again


class Intent(StrEnum):
    QUESTION = "question"
    PRICE_REQUEST = "price_request"
    BOOK = "book"
    RESCHEDULE = "reschedule"
    CANCEL_APPOINTMENT = "cancel_appointment"
    CONFIRM = "confirm"
    DECLINE = "decline"
    CHOOSE_SLOT = "choose_slot"
    REQUEST_CALLBACK = "request_callback"
    REQUEST_HUMAN = "request_human"
    GIVE_DETAILS = "give_details"
    PHOTO_REFERENCE = "photo_reference"
    STATUS_OF_TECHNICIAN = "status_of_technician"
    THANKS = "thanks"
    GREETING = "greeting"
    GOODBYE = "goodbye"
    ARE_YOU_A_BOT = "are_you_a_bot"
    COMPLAINT = "complaint"
    WRONG_NUMBER = "wrong_number"
    SPAM_OR_VENDOR = "spam_or_vendor"
    CHITCHAT = "chitchat"
    LANGUAGE_SPANISH = "language_spanish"


class Reason(StrEnum):
    """Why a person has to look at a thread."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    HUMAN_REQUEST = "human_request"
    UNANSWERABLE = "unanswerable"
    COMPLAINT = "complaint"
    CALLBACK_REQUEST = "callback_request"
    MEDICAL_ADVICE = "medical_advice"
    LEGAL_ADVICE = "legal_advice"
    UNCLEAR = "unclear"
    OTHER = "other"


class TaskKind(StrEnum):
    """What a person owes a caller."""

    CALLBACK = "callback"
    QUESTION = "question"
    PROMISE = "promise"
    UNDELIVERED = "undelivered"
    PHONE_CALLER = "phone_caller"
    REVIEW = "review"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of an episode, as a person said."""

    BOOKED = "booked"
    WON = "won"  # work was done or sold without a booking here
    ANSWERED = "answered"  # a question, and that was all
    LOST = "lost"  # went elsewhere, or could not be helped
    NOT_A_LEAD = "not_a_lead"  # wrong number, advertising, private


class TextKind(StrEnum):
    """What an outgoing text is; the one door decides by it."""

    FIRST_TEXT = "first_text"  # the fixed text after a missed call
    REPLY = "reply"  # the agent's answer in a conversation
    HAND_OFF = "hand_off"  # the fixed line that says a person takes over
    NUDGE = "nudge"  # one reminder of an unanswered first text
    REMINDER = "reminder"  # of a visit, the day before
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"  # 47 CFR 64.1200(a)(12): once, within 5 minutes
    OPT_IN_CONFIRMATION = "opt_in_confirmation"
    OPT_IN_ASK = (
        "opt_in_ask"  # a person asks, once, whether marketing is wanted; the product sends none
    )
    HELP = "help"  # the fixed answer to HELP
    STAFF = "staff"  # written by a person of the business
    UPDATE = "update"  # what has become of a hand-off: who has it, or that nobody was reached yet
    ALERT = "alert"  # to staff, never to a caller


class MissReason(StrEnum):
    """Why nobody took a call."""

    BUSY = "busy"
    NO_ANSWER = "no answer"  # it rang out, or there was nobody to ring
    FAILED = "failed"  # no phone of the staff could be reached
    HUNG_UP = "hung up"  # the caller, while it rang
    NOT_ACCEPTED = "not accepted"  # picked up, but nobody pressed 1: perhaps a voicemail greeting
    CLOSED = "closed"  # after hours no phone rings
    FORWARDED = "forwarded"  # the phone company forwards only missed calls
    REPORTED = "reported"  # another phone system says so
    VOICEMAIL = "voicemail"  # another phone system has recorded a message
    UNKNOWN = "unknown"  # the carrier never said how the ringing ended


class NoText(StrEnum):
    """Why a missed call has no first text."""

    WITHHELD = "caller withheld"
    INVALID = "invalid number"
    OWN_NUMBER = "own number"  # shown by the phone company instead of the caller's
    STAFF = "staff"
    BLOCKED = "blocked"  # by the owner
    ROBOCALL = "robocall"
    COUNTRY = "country not served"
    LANDLINE = "landline"  # or any other phone that the carrier cannot text
    OPTED_OUT = "opted out"
    PERSON_HAS_THREAD = "person has the thread"
    ALREADY_TEXTED = "already texted"  # in this episode
    IN_CONVERSATION = "in conversation"  # the caller and we write to each other
    HUNG_UP_AT_ONCE = "hung up at once"  # before the owner's shortest ring
    TOLD_TOO_LATE = "told too late"
    SHADOW = "shadow"  # only noted
    ANSWERED = "answered"  # a person spoke with the caller before the text left
    WROTE_FIRST = "wrote first"  # the caller, before the text left
    NOT_SENT = "not sent"  # the carrier or a limit stood in the way


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture or file that came with a text."""

    type: str
    """MIME type as the carrier gave it."""
    name: str
    """Where our copy or the carrier's original is: a URL or a file name."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """One SMS of a thread."""

    seq: int
    """Order of arrival in our database; grows by time."""
    author: str
    """`caller`, `agent`, `template`, or `staff:<id>`."""
    body: str
    at: datetime
    kind: TextKind | None = None
    """None for a caller's text."""
    media: tuple[Photo, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of a business's own documents that can answer one question."""

    id: str
    document: str
    """The document's name, as the owner uploaded it."""
    text: str
    """The words that may be said to a caller."""
    heading: str = ""
    """The question of a FAQ entry, or the headings above a paragraph."""
    phrasings: tuple[str, ...] = ()
    """Other ways to ask, for finding only."""
    source_id: str | None = None
    """The owner's own id of a FAQ entry."""
    score: float = 0.0
    """How well it fits the question asked: 0..1, calibrated so that 0.5 is worth saying."""

    @property
    def evidence(self) -> "Evidence":
        """The owner's words, with what they are about."""
        return Evidence(id=self.id, kind="passage", text=f"{self.heading}\n{self.text}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question of a caller's texts, and what the business has written that could answer it."""

    words: str
    """As the caller put it."""
    passages: tuple[Passage, ...] = ()
    """Best first."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Something that a reply may lean on."""

    id: str
    kind: str
    """`passage`, `profile`, `slot`, `appointment`, `task` or `caller`."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A free time that can be offered."""

    service: str
    start: datetime
    """With the business's offset."""
    duration_min: int
    calendar: str


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A booked visit of one caller."""

    id: str
    service: str
    start: datetime
    duration_min: int
    calendar: str


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A slot offered to one caller and kept for a while."""

    id: str
    service: str
    start: datetime
    """With the business's offset."""
    duration_min: int
    calendar: str
    place: int
    """1-based, as the caller was told."""
    expires_at: datetime
    moves: str | None = None
    """The booked visit that is to take this time; None: a new one would."""


class Fit(StrEnum):
    """How the times found answer the time asked for."""

    ASKED = "asked"  # they are what was asked for, or nothing was
    TAKEN = "taken"  # visits begin then, and it is not free: these are near
    UNFIT = "unfit"  # open, but no visit begins then or would end in time: these are near
    CLOSED = "closed"  # the business is closed then: these are near
    TOO_SOON = "too_soon"  # inside the lead time: these are near
    TOO_FAR = "too_far"  # beyond the horizon: these are near
    NOTHING = "nothing"  # no free time at all within the horizon
    UNREACHABLE = "unreachable"  # a calendar could not be read: nothing is offered
    WITHDRAWN = "withdrawn"  # a person took over, or the caller opted out, in the meantime


@dataclass(frozen=True, kw_only=True)
class Offers:
    """The times kept for a caller, in the order in which they are told."""

    fit: Fit
    holds: tuple[Hold, ...] = ()


class BookingEnd(StrEnum):
    """How an attempt to book, move or cancel ended."""

    BOOKED = "booked"  # the event is in the calendar, seen there after it was written
    CANCELLED = "cancelled"  # the visit is out of the calendar
    CHANGED = (
        "changed"  # the business has moved the visit itself: `appointment` is as it stands now
    )
    TAKEN = "taken"  # another took the time first; nothing of ours is left in the calendar
    WITHDRAWN = "withdrawn"  # a person took over, or the caller opted out, in the meantime
    UNREACHABLE = "unreachable"  # the calendar did not answer; nothing was written
    UNSURE = "unsure"  # it may be in the calendar: a person has to look


@dataclass(frozen=True, kw_only=True)
class Booking:
    end: BookingEnd
    appointment: Appointment | None = None
    """Only when booked or changed."""
    page: str = ""
    """The visit's own page for its caller, an address; only when booked."""


@dataclass(frozen=True, kw_only=True)
class CalendarAddress:
    """Where one calendar of one business is."""

    business: str
    calendar: str
    """Its id in the business's profile."""
    url: str | None = None
    """None: a collection of the built-in calendar server."""
    username: str | None = None
    password_env: str | None = None
    """The environment variable that holds its password."""


@dataclass(frozen=True, kw_only=True)
class StoredEvent:
    """One calendar object as its server keeps it."""

    name: str
    """Last part of its address, without `.ics`."""
    etag: str
    text: str
    """iCalendar text; a server may write it differently from what was put."""


@dataclass(frozen=True, kw_only=True)
class CalendarChanges:
    """What has happened in a calendar since it was last asked."""

    token: str
    """For the next time; only the server knows what it means."""
    whole: bool
    """`objects` are all there are: whatever else was known is gone."""
    objects: tuple[StoredEvent, ...] = ()
    """New and changed ones."""
    gone: tuple[str, ...] = ()
    """Names of objects that are not there any more."""


@dataclass(frozen=True, kw_only=True)
class TimeWish:
    """A date or time as far as a text says it; nothing that it does not say."""

    date: str | None = None
    time: str | None = None
    date_end: str | None = None
    time_end: str | None = None
    dayparts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class When(TimeWish):
    """The time wish of a text, with its other readings."""

    alternatives: tuple[TimeWish, ...] = ()
    but: tuple[str, ...] = ()
    """Weekdays (`mon`...) that will not do."""
    ambiguous: bool = False
    span: str = ""


@dataclass(frozen=True, kw_only=True)
class Fired:
    """A rule that saw something, and the words in which it saw it."""

    rule: str
    span: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a model proposes to say; nothing of it is said without evidence."""

    text: str
    evidence: tuple[Evidence, ...] = ()
    """What it leans on, of what the model was shown."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reader understood of the texts of a turn."""

    opt_out: OptOut = OptOut.NONE
    urgency: Urgency = Urgency.ROUTINE
    urgency_reason: str | None = None
    intents: tuple[Intent, ...] = ()
    choice: int | None = None
    """1-based place in the times or the menu of the last text sent."""
    when: When | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """Found ones of name, address, zip, phone, email."""
    callback: TimeWish | None = None
    language: str = "en"
    fired: tuple[Fired, ...] = ()
    draft: Draft | None = None
    """Only a model drafts; the rules never do."""
    service: str | None = None
    """The id of the service that a model takes to be meant; rules name services themselves."""
    leans: int | None = None
    """The place in the times on offer that a model hears chosen; asked back before it is booked."""
    keep: tuple[str, ...] = ()
    """What a model wants remembered of the caller, in the caller's words."""
    confidence: float = 1.0
    """0..1, as a model puts it; the rules do not doubt."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a model is shown of a turn."""

    business: Mapping[str, object]
    """What callers may know of it: `name`, `industry`, `tone`, `services` (id -> name)."""
    now_local: str
    history: tuple[Text, ...]
    """The last texts of this thread, oldest first."""
    texts: tuple[str, ...]
    """The caller's texts not yet answered."""
    evidence: tuple[Evidence, ...]
    """The owner's words and the profile's facts that could answer; a draft names those that it leans on."""
    offers: tuple[Hold, ...]
    """Times on offer, in their places."""
    visits: tuple[Appointment, ...]
    """What the caller has booked."""
    known: tuple[str, ...]
    """What is remembered of the caller."""
    hints: Reading
    """What the rules read."""


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """One request to a model."""

    model: str
    prompt: str
    """Name, version and fingerprint: `understand 3 a1b2c3d4`."""
    tokens_in: int = 0
    tokens_out: int = 0
    """As the model counts them; 0: it did not say."""
    took_ms: int = 0
    ended: str = "answered"
    """Or what went wrong."""


@dataclass(frozen=True, kw_only=True)
class Thought:
    """What came of asking a model; a failure is an outcome, and what was paid for it is kept."""

    reading: Reading | None = None
    calls: tuple[ModelCall, ...] = ()
    failed: str = ""
    """Why there is no reading, in a few words for staff."""


@dataclass(frozen=True, kw_only=True)
class OutgoingText:
    """One text on its way to the carrier."""

    key: str
    """Unique for this text, for ever; the same text never gets two keys."""
    sender: str
    """E.164, a number of the business."""
    to: str
    """E.164."""
    body: str
    account_sid: str | None = None
    """The business's own carrier account; None: the installation's."""
    auth_token_env: str | None = None
    """The environment variable that holds its token; None: the installation's token serves."""
    validity_s: int | None = None
    """How long the carrier may try, in seconds; None: its default."""


@dataclass(frozen=True, kw_only=True)
class StaffCall:
    """A call from the business's number to a phone of its staff."""

    step: int
    """The step of an escalation that it is: the webhooks of the call name it."""
    sender: str
    """E.164, a number of the business."""
    to: str
    """E.164."""
    ring_s: int
    account_sid: str | None = None
    """The business's own carrier account; None: the installation's."""
    auth_token_env: str | None = None
