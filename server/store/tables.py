"""The tables. One truth for the agent, the inbox and the outbox; times are UTC."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Sequence = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only plain INTEGER keys."""


class Moment(TypeDecorator[datetime]):
    """An aware moment; stored as UTC, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


business = Table(
    "business",
    metadata,
    Column("slug", String, primary_key=True),
    Column("profile", JSON, nullable=False),  # agent.business.Business
    Column("documents_revision", Integer, nullable=False, default=0),
    Column("updated_at", Moment, nullable=False),
    Column("suspended_at", Moment),  # by whoever runs the installation; null: it works
    Column("suspended_why", String),
    Column("quota", JSON(none_as_null=True)),  # server.quotas.Quota; null: the installation's
    Column("setup", JSON(none_as_null=True)),  # how far the guided set-up has come; null: not begun
)

business_version = Table(
    "business_version",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),  # login, "the command line"; empty: not known
    Column("profile", JSON, nullable=False),  # as it was from then on
    Index("ix_business_version_business", "business", "id"),
)

folder_upload = Table(
    "folder_upload",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("token", String, nullable=False),  # names it on the page that asks before it is taken
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),  # login
    Column("name", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

phone = Table(
    "phone",
    metadata,
    Column("number", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("blocked_at", Moment),  # the carrier filters or refuses what leaves from this number
    Column("blocked_why", String),
    Column("registration", String),  # server.store.registrations.Status; null: never entered
    Column("registration_note", String),
    Column("registered_at", Moment),  # when that was entered
)

account = Table(
    "account",
    metadata,
    Column("id", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("staff", String, nullable=False),
    Column("login", String, nullable=False, unique=True),
    Column("password", String, nullable=False),  # argon2
    Column("role", String, nullable=False),
    Column("stamp", String, nullable=False, default="", server_default=""),  # sessions hold it
    Column("totp", String),  # encrypted; null: no second factor
    Column("totp_last", BigInteger),  # the time step of the last code, which counts once
    Column("recovery", JSON),  # sha256 of the codes that are left
    Column("signed_in_at", Moment),
)

calendar_password = Table(
    "calendar_password",
    metadata,
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String, nullable=False),  # enough for a long random one
    Column("made_at", Moment, nullable=False),
)

_UNSEALED = sql_text("version > sealed")
_UNOWNED = sql_text("owner = 'nobody' and resolved_at is null")
_GOES_ON = sql_text("resolved_at is null")
_NOT_AGENTS = sql_text("owner <> 'agent'")
_OPTED_OUT = sql_text("opted_out_at is not null")

thread = Table(
    "thread",
    metadata,
    Column("id", String, primary_key=True),  # business:caller
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("caller", String, nullable=False),
    Column("owner", String, nullable=False),  # agent, nobody, or a staff id
    Column("escalated", Boolean, nullable=False, default=False),
    Column("reason", String),
    Column("opted_out_at", Moment),
    Column("memory", JSON, nullable=False),
    Column("first_text_at", Moment),  # for processes of an older version only: calls know it
    Column("last_at", Moment, nullable=False),
    Column("episode_at", Moment),  # a call or text began what is going on; null: nothing yet
    Column("resolved_at", Moment),  # null: open
    Column("untextable", String),  # why this phone gets no texts (a landline)
    Column("look_at", Moment),  # when something may fall due
    Column("last_text", BigInteger),  # seq of the newest text that is no alert: lists show it
    Column("snoozed_until", Moment),  # a person wants it out of the way so long
    Column("outcome", String),  # what came of the episode, as a person said: agent.model.Outcome
    Column("number", Integer),  # short, for staff who work from their own phones; null: not in use
    Column(
        "version", BigInteger, nullable=False, default=0
    ),  # grows with every change: pages follow it
    Column(
        "sealed", BigInteger, nullable=False, default=-1, server_default="-1"
    ),  # the version whose facts have their seals
    Index("ix_thread_business_last", "business", "last_at"),
    Index("ix_thread_business_version", "business", "version"),
    Index("ix_thread_look", "look_at"),
    Index("ix_thread_unowned", "last_at", sqlite_where=_UNOWNED, postgresql_where=_UNOWNED),
    Index("ix_thread_unsealed", "version", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    Index("ix_thread_number", "business", "number", unique=True),
    Index(
        "ix_thread_open",
        "business",
        "resolved_at",
        "last_at",
        sqlite_where=_GOES_ON,
        postgresql_where=_GOES_ON,
    ),
    Index(
        "ix_thread_people",
        "business",
        "owner",
        "last_at",
        sqlite_where=_NOT_AGENTS,
        postgresql_where=_NOT_AGENTS,
    ),
    Index(
        "ix_thread_opted_out",
        "business",
        "opted_out_at",
        sqlite_where=_OPTED_OUT,
        postgresql_where=_OPTED_OUT,
    ),
    UniqueConstraint("business", "caller"),
)

_WAITS = sql_text("status in ('received', 'queued', 'sending')")

text = Table(
    "text",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column(
        "key", String, nullable=False, unique=True
    ),  # MessageSid, or turn:place, first:CallSid...
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id")),  # null: an alert that belongs to no thread
    Column("author", String, nullable=False),  # caller, agent, template, staff:<id>
    Column("kind", String),  # TextKind; null: from the caller
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("media", JSON, nullable=False, default=list),
    Column("at", Moment, nullable=False),
    Column("turn", String),  # inbound: the turn that took it; outbound: the turn that wrote it
    Column("carrier_acts", Boolean, nullable=False, default=False),
    Column("status", String, nullable=False),
    Column("status_reason", String),
    Column("sid", String, index=True),
    Column("sending_at", Moment),  # the first try
    Column("opened_at", Moment),  # the last try
    Column("tries", Integer, nullable=False, default=0),
    Column("error_code", String),  # the carrier's
    Column("why", JSON),  # evidence ids, what was read and removed; raw fields of a webhook
    Index("ix_text_thread_seq", "thread", "seq"),
    Index("ix_text_recipient_at", "recipient", "at"),
    Index("ix_text_business_at", "business", "at"),
    Index("ix_text_waiting", "status", "at", sqlite_where=_WAITS, postgresql_where=_WAITS),
)

_RINGS = sql_text("outcome = 'ringing'")

call = Table(
    "call",
    metadata,
    Column("sid", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id")),
    Column("caller", String, nullable=False),
    Column("dialled", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", String, nullable=False),  # ringing, answered, missed, unanswered (ours)
    Column("reason", String),  # why it was missed: agent.model.MissReason
    Column("decision", String),  # first text, or why there is none: agent.missed_call
    Column("body", Text),  # the first text, also the one that only would have been sent
    Column("told_as", String),  # the number that the caller dialled, where it is not ours
    Column("rings_until", Moment),  # so long at most; then its callbacks are lost
    Column("asked_at", Moment),  # a phone was picked up, and whoever it was asked to press 1
    Column("accepted_at", Moment),  # a person pressed 1
    Column("settled_at", Moment),  # its outcome was known
    Column("looked_at", Moment),  # its end was missing: what is known of it was concluded
    Column("is_test", Boolean, nullable=False, default=False),  # the owner tries it out
    Column("voicemail", JSON),  # recording, duration_s, transcript
    Column("raw", JSON, nullable=False),
    Index("ix_call_thread_at", "thread", "at"),
    Index("ix_call_business_at", "business", "at"),
    Index("ix_call_business_outcome", "business", "outcome", "at"),
    Index("ix_call_caller_at", "caller", "at"),
    Index("ix_call_ringing", "at", sqlite_where=_RINGS, postgresql_where=_RINGS),
)

call_secret = Table(
    "call_secret",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("secret", String, nullable=False),  # encrypted; signs what another phone system tells
    Column("previous", String),  # the one before, encrypted: holds on for a day
    Column("changed_at", Moment, nullable=False),
)

phone_line = Table(
    "phone_line",
    metadata,
    Column("number", String, primary_key=True),
    Column("type", String, nullable=False),  # as the carrier names it: mobile, landline...
    Column("at", Moment, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("caller", String, nullable=False),
    Column("change", String, nullable=False),  # inbound_call, opt_out, opt_in, marketing_opt_in
    Column("evidence", JSON, nullable=False),  # sid, wording, rule file and version
    Column("at", Moment, nullable=False),
    Index("ix_consent_business_caller", "business", "caller"),
    Index("ix_consent_business_at", "business", "at"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("hash", String, primary_key=True),  # of an erased caller who had opted out
    Column("salt", String, nullable=False),
    Column("at", Moment, nullable=False),
)

_OWED = sql_text("done_at is null")

task = Table(
    "task",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id")),
    Column("kind", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("tell", Text),  # a text to the caller that it proposes
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("done_by", String),
    Column("owner", String),  # staff id; null: whoever has the thread, else anybody
    Column("alarmed_at", Moment),  # people were told that it is overdue
    Column("kept", Boolean),  # done in time; null: open, or nothing was promised for a time
    Index("ix_task_thread", "thread"),
    Index("ix_task_business", "business", "id"),
    Index("ix_task_business_due", "business", "due_at"),
    Index("ix_task_business_created", "business", "created_at"),
    Index("ix_task_open", "business", "due_at", sqlite_where=_OWED, postgresql_where=_OWED),
)

marker = Table(
    "marker",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("thread", ForeignKey("thread.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("what", String, nullable=False),  # claimed, released, handed over, opted out...
    Column("who", String, nullable=False),
    Column("why", JSON),
)

document = Table(
    "document",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("added_by", String, nullable=False, default="", server_default=""),  # empty: not known
    Column("content", Text, nullable=False),  # base64: what the owner uploaded, for export
    UniqueConstraint("business", "name"),
)

document_version = Table(
    "document_version",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("name", String, nullable=False),
    Column("number", Integer, nullable=False),  # counts up for each name
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("added_at", Moment, nullable=False),
    Column("added_by", String, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("ended_by", String, nullable=False),
    Column("ended", String, nullable=False),  # replaced, removed
    Column("passages", Integer, nullable=False),  # how many it had
    Column("shown", JSON, nullable=False),  # the first of them: heading, words, phrasings
    Column("content", Text, nullable=False),  # base64
    UniqueConstraint("business", "name", "number"),
)

document_draft = Table(
    "document_draft",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("base", String, nullable=False),  # sha256 of the published one; empty: there was none
    Column("size", Integer, nullable=False),  # bytes
    Column("content", Text),  # base64; null: the document is to be removed
    Column("passages", JSON, nullable=False),  # what would be said
)

phrasing = Table(
    "phrasing",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("document", String, nullable=False),  # its name: they outlive a replacement
    Column("question", Text, nullable=False),  # of the entry, as it stands there
    Column("words", Text, nullable=False),
)

passage = Table(
    "passage",
    metadata,
    Column("id", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column(
        "document",
        ForeignKey("document.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("place", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("phrasings", JSON, nullable=False),
    Column("source_id", String),
    Index("ix_passage_business", "business"),
)

executor = Table(
    "executor",
    metadata,
    Column("id", String, primary_key=True),
    Column("beat_at", Moment, nullable=False),
)

_SHOWN = sql_text("shown")
_LEFT = sql_text('"left" is not null')
_WAS_BOOKED = sql_text("code is not null")

appointment = Table(
    "appointment",
    metadata,
    Column("id", String, primary_key=True),  # also X-APPT-ID, so that an event is known as ours
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id"), nullable=False),
    Column("service", String, nullable=False),
    Column("calendar", String, nullable=False),
    Column("beside", JSON, nullable=False),  # further calendars that it takes at the same time
    Column("start", Moment, nullable=False),
    Column("duration_min", Integer, nullable=False),
    Column("buffer_before_min", Integer, nullable=False),
    Column("buffer_after_min", Integer, nullable=False),
    Column("state", String, nullable=False),  # server.store.appointments.State
    Column("offer", String, nullable=False),  # shared by the times offered together
    Column("place", Integer, nullable=False),  # 1-based among them
    Column("event", String),  # the calendar object's name; null until it is written
    Column("source", String),  # where the calendar was then: its URL, or empty for the built-in one
    Column("moves", String),  # a hold: the appointment that is to take its time
    Column(
        "left", JSON(none_as_null=True)
    ),  # by a visit that has moved: calendars and event to clear
    Column("revision", Integer, nullable=False, default=0),  # SEQUENCE: grows when the visit moves
    Column("code", String, unique=True),  # of the caller's own page; null until it is booked
    Column("shown", Boolean, nullable=False, default=False),  # a hold: TENTATIVE in the calendar
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),  # of the state or the time
    Column("reminded_at", Moment),
    Column("expires_at", Moment, nullable=False),  # of the hold
    Index("ix_appointment_thread_state", "thread", "state"),
    Index("ix_appointment_state_start", "state", "start"),
    Index("ix_appointment_shown", "shown", sqlite_where=_SHOWN, postgresql_where=_SHOWN),
    Index("ix_appointment_left", "id", sqlite_where=_LEFT, postgresql_where=_LEFT),
    Index("ix_appointment_moves", "moves"),
    Index(
        "ix_appointment_visits",
        "business",
        "start",
        sqlite_where=_WAS_BOOKED,
        postgresql_where=_WAS_BOOKED,
    ),
    Index("ix_appointment_business_calendar_start", "business", "calendar", "start"),
    Index("ix_appointment_business_created", "business", "created_at"),
)

claim = Table(
    "claim",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("calendar", String, primary_key=True),
    Column("tick", BigInteger, primary_key=True, autoincrement=False),  # 5 minutes since 1970
    Column(
        "holder", String, nullable=False, index=True
    ),  # an offer, or an appointment from its writing on
    Column("expires_at", Moment, nullable=False),
)

calendar_mirror = Table(
    "calendar_mirror",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("calendar", String, primary_key=True),
    Column("source", String, nullable=False),  # the address it was read at; another one: begin anew
    Column("token", String),  # of the server, to ask for what has changed; null: not filled yet
    Column("read_at", Moment),  # it was equal to the calendar then
    Column("stale_at", Moment),  # something was written since; null: nothing that we know of
    Column("checked_at", Moment),  # the last try to read it
    Column("problem", String),  # why that failed, in plain words
)

mirrored_event = Table(
    "mirrored_event",
    metadata,
    Column("business", String, primary_key=True),
    Column("calendar", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("etag", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("begins", Moment, nullable=False),  # nothing of it lies before
    Column("ends", Moment),  # nor after; null: it goes on
    Index("ix_mirrored_event_ends", "business", "calendar", "ends"),
)

calendar_secret = Table(
    "calendar_secret",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("calendar", String, primary_key=True),
    Column("secret", Text, nullable=False),  # the password, encrypted with RINGBACK_SECRET_KEY
    Column("made_at", Moment, nullable=False),
)

_OPEN = sql_text("settled_at is null and not answered")

question = Table(
    "question",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id"), index=True),
    Column("at", Moment, nullable=False),
    Column("words", Text, nullable=False),  # one question, as the caller asked it
    Column("reply", Text, nullable=False),  # what was answered to it; empty: a person was asked
    Column("passage", String),  # the passage's id that it was answered from
    Column("score", Float, nullable=False),  # 0..1, of the best passage
    Column("answered", Boolean, nullable=False),
    Column("settled_at", Moment),  # the owner answered or dismissed it; null: not yet
    Column("dismissed", Boolean, nullable=False, default=False),  # it is not for the business
    Index("ix_question_business_at", "business", "at"),
    Index("ix_question_open", "business", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

model_call = Table(
    "model_call",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id"), index=True),  # None: its caller is erased
    Column("turn", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("model", String, nullable=False),
    Column("prompt", String, nullable=False),  # name, version, fingerprint
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("ended", String, nullable=False),  # `answered`, or what went wrong
    Index("ix_model_call_business_at", "business", "at"),
)

_IS_DUE = sql_text("due_at is not null")

photo = Table(
    "photo",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id"), nullable=False, index=True),
    Column("text", ForeignKey("text.key", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),  # 1-based among what came with the text
    Column("source", Text, nullable=False),  # the carrier's address of it
    Column("type", String, nullable=False),  # as the carrier names it: not believed
    Column("state", String, nullable=False),  # server.store.photos.State
    Column("problem", String),  # why it is not shown, in plain words
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", Moment),  # when to fetch it; null: settled
    Column("width", Integer),  # pixels
    Column("height", Integer),
    Column("small", LargeBinary),  # JPEG for the list of texts
    Column("picture", LargeBinary),  # JPEG; both without what the original told of its maker
    UniqueConstraint("text", "place"),
    Index("ix_photo_due", "due_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
)

seen = Table(
    "seen",
    metadata,
    Column("thread", ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True),
    Column("staff", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the newest text that this person has seen
)

presence = Table(
    "presence",
    metadata,
    Column("thread", ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True),
    Column("staff", String, primary_key=True),
    Column("at", Moment, nullable=False),  # the page was open then
    Column("typed_at", Moment),
)

_CLIMBS = sql_text("next_at is not null")

escalation = Table(
    "escalation",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),  # what made it necessary: turn, call...
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id")),  # null: a test by the owner
    Column("reason", String, nullable=False),  # agent.model.Reason
    Column("is_urgent", Boolean, nullable=False),
    Column("words", Text, nullable=False),  # the gist, as staff are told
    Column("began_at", Moment, nullable=False),
    Column("rung", Integer, nullable=False),  # the place on the ladder that was last tried
    Column("round", Integer, nullable=False),  # how often it was climbed, from 1
    Column("next_at", Moment),  # when to climb on; null: over
    Column("told_nobody_at", Moment),  # the caller has read that nobody was reached yet
    Column("ended_at", Moment),
    Column("ended", String),  # taken, answered, resolved, nobody...
    Column("taken_by", String),  # staff id
    Index("ix_escalation_thread", "thread"),
    Index("ix_escalation_business_began", "business", "began_at"),
    Index("ix_escalation_began", "began_at"),
    Index("ix_escalation_next", "next_at", sqlite_where=_CLIMBS, postgresql_where=_CLIMBS),
)

_DUE_STEP = sql_text("state = 'due'")

escalation_step = Table(
    "escalation_step",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column(
        "escalation",
        ForeignKey("escalation.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", Moment, nullable=False),
    Column("staff", String, nullable=False),
    Column("way", String, nullable=False),  # text, call, bell, inbox
    Column("state", String, nullable=False),  # server.store.escalations.StepState
    Column("detail", Text),  # in plain words
    Column("sid", String, index=True),  # of the call
    Column("text", String),  # key of the text
    Column("changed_at", Moment, nullable=False),
    Index("ix_escalation_step_due", "at", sqlite_where=_DUE_STEP, postgresql_where=_DUE_STEP),
)

handset = Table(
    "handset",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("staff", String, primary_key=True),
    Column("phone", String),  # confirmed, or being so; another one has to be confirmed anew
    Column("confirmed_at", Moment),
    Column("code", String),  # sha256 of the six digits that were texted to it
    Column("code_at", Moment),
    Column("code_tries", Integer, nullable=False, default=0, server_default="0"),
    Column("pending", Text),  # what was texted before it was confirmed
    Column("thread", ForeignKey("thread.id", ondelete="SET NULL")),  # in hand
    Column("busy_until", Moment),
)

pause = Table(
    "pause",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),  # its agent says nothing
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),  # staff id
)

alert_channel = Table(
    "alert_channel",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("staff", String, nullable=False),  # whom it reaches
    Column("name", String, nullable=False),
    Column("url", Text, nullable=False),  # of apprise, encrypted
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("problem", Text),  # of the last use, in plain words
)

push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String, nullable=False),  # of the browser, for the list
    Column("endpoint", Text, nullable=False, unique=True),
    Column("p256dh", String, nullable=False),
    Column("auth", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("problem", Text),
)

installation_secret = Table(
    "installation_secret",
    metadata,
    Column("name", String, primary_key=True),  # push: the key that signs for browsers' services
    Column("secret", Text, nullable=False),  # encrypted with RINGBACK_SECRET_KEY
    Column("made_at", Moment, nullable=False),
)

admin = Table(
    "admin",
    metadata,
    Column("login", String, primary_key=True),
    Column("password", String, nullable=False),  # argon2
    Column("stamp", String, nullable=False),
    Column("totp", String),
    Column("totp_last", BigInteger),
    Column("recovery", JSON),
    Column("made_at", Moment, nullable=False),
    Column("signed_in_at", Moment),
)

invitation = Table(
    "invitation",
    metadata,
    Column("token", String, primary_key=True),  # sha256
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("staff", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

failed_login = Table(
    "failed_login",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("address", String, nullable=False),
    Column("login", String, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_failed_login_address_at", "address", "at"),
    Index("ix_failed_login_login_at", "login", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug")),  # null: of the installation
    Column("at", Moment, nullable=False),
    Column("who", String, nullable=False),  # login
    Column("did", String, nullable=False),  # saw, changed, exported, signed in...
    Column("what", String, nullable=False),  # in plain words
    Column("about", String),  # whose: the thread's caller, a person...
    Column("address", String),  # of the network
    Index("ix_audit_business_at", "business", "at"),
)

usage = Table(
    "usage",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("month", String, primary_key=True),  # YYYY-MM in the business's time zone
    Column("kind", String, primary_key=True),  # texts, segments, calls, tokens...
    Column("count", BigInteger, nullable=False),
)

number_day = Table(
    "number_day",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("number", String, primary_key=True),
    Column("day", String, primary_key=True),  # YYYY-MM-DD, UTC
    Column("sent", Integer, nullable=False, default=0),  # taken by the carrier
    Column("delivered", Integer, nullable=False, default=0),
    Column("filtered", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),  # the filtered ones too
    Column("reached", Integer, nullable=False, default=0),  # phones
    Column("opted_out", Integer, nullable=False, default=0),  # callers
)

carrier_credential = Table(
    "carrier_credential",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("account_sid", String, nullable=False, index=True),
    Column("token", String, nullable=False),  # encrypted
    Column("previous", String),  # the one before, encrypted: its webhooks are believed for a day
    Column("changed_at", Moment, nullable=False),
)

_UNTOLD = sql_text("told_at is null")

weekly_summary = Table(
    "weekly_summary",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("week", String, primary_key=True),  # its Monday, YYYY-MM-DD
    Column("staff", String, primary_key=True),
    Column("way", String, primary_key=True),  # text, channels
    Column("at", Moment, nullable=False),
    Column("words", Text, nullable=False),
    Column("told_at", Moment),  # null: these words are still to go out
    Column("came_to", Text),  # in plain words, as far as it is known
    Index("ix_weekly_summary_due", "at", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), index=True),  # null: the installation's
    Column("name", String, nullable=False),
    Column("sha256", String, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("id", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("url", String, nullable=False),
    Column("secret", String, nullable=False),  # encrypted
    Column("previous", String),  # the one before, encrypted: signs beside the new one for a day
    Column("changed_at", Moment, nullable=False),
    Column("events", JSON, nullable=False),  # kinds; empty: all
    Column("made_at", Moment, nullable=False),
    Column("failing_since", Moment),  # null: the last try worked, or there was none
    Column("off_at", Moment),
    Column("off_why", String),
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", String, primary_key=True),  # webhook-id
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("thread", ForeignKey("thread.id"), index=True),  # whose caller it is about
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_webhook_event_business_at", "business", "at"),
)

_TO_SEND = sql_text("next_at is not null")

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("event", ForeignKey("webhook_event.id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "endpoint",
        ForeignKey("webhook_endpoint.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("state", String, nullable=False),  # waiting, delivered, failed
    Column("tries", Integer, nullable=False, default=0),
    Column("next_at", Moment),  # null: nothing is to be tried
    Column("tried_at", Moment),
    Column("status", Integer),  # of the last answer
    Column("error", String),  # of the last try, in words
    Index("ix_webhook_delivery_next", "next_at", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
)

preflight = Table(
    "preflight",
    metadata,
    Column("id", String, primary_key=True),
    Column("business", ForeignKey("business.slug"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("change", JSON, nullable=False),  # what is to be published
    Column("state", String, nullable=False),  # server.store.preflights.State
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("beat_at", Moment),  # a process has worked on it then; null: nobody has begun
    Column("found", JSON, nullable=False),  # replies before and after
)

seal = Table(
    "seal",
    metadata,
    Column("thread", ForeignKey("thread.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # from 1 on
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),  # text, consent, ...
    Column("key", String, nullable=False),  # of what is sealed
    Column("digest", String, nullable=False),  # sha256 of what it was then
    Column("link", String, nullable=False),  # sha256 of the link before and all of this
    UniqueConstraint("thread", "kind", "key", "digest"),
    Index("ix_seal_at", "at"),
)

seal_anchor = Table(
    "seal_anchor",
    metadata,
    Column("business", ForeignKey("business.slug"), primary_key=True),
    Column("day", String, primary_key=True),  # YYYY-MM-DD, UTC
    Column("at", Moment, nullable=False),
    Column("leaves", JSON, nullable=False),  # the last link of every thread that day, without whose
    Column("digest", String, nullable=False),  # sha256 of the anchor before and all of this
)

faceless_event = Table(
    "faceless_event",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("business", ForeignKey("business.slug"), nullable=False),
    Column("calendar", String, nullable=False),
    Column("event", String, nullable=False),  # whose words of an erased caller are to be taken out
    Column("start", Moment, nullable=False),
    Column("title", String, nullable=False),  # what is to stand in place of what stands there
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", Moment, nullable=False),
    Index("ix_faceless_event_due", "due_at"),
)
