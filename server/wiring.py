"""Settings -> the whole house; the only importer of adapters."""

import gc
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.errors import BadInput, CalendarError
from agent.graph import Conversation
from agent.model import CalendarAddress
from agent.ports import Calendar, Carrier, Clock, Lines, Mind, Ports, Ringer
from knowledge.embedding import Embedder, embedder
from knowledge.index import PassageIndex
from knowledge.library import Library
from knowledge.progress import WatchedEmbedder
from server import asking, quotas
from server.adapters.bell_apprise import AppriseChannels
from server.adapters.bell_push import WebPushBrowsers
from server.adapters.calendar_caldav import CalDavCalendar
from server.adapters.calendar_memory import MemoryCalendar
from server.adapters.carrier_twilio import TwilioCarrier
from server.adapters.clock_system import SystemClock
from server.adapters.documents_sql import SqlShelf
from server.adapters.lines_twilio import TwilioLines
from server.adapters.numbers_twilio import TwilioNumbers
from server.adapters.photos_twilio import TwilioPhotos
from server.adapters.ringer_twilio import TwilioRinger
from server.adapters.webhook_http import HttpPoster
from server.bell import StaffBell
from server.calendar_archive import ArchiveKeeper
from server.calendar_collections import BuiltInCalendars, CollectionsAt
from server.calendar_keeper import CalendarKeeper
from server.calendar_mirror import CalendarMirror
from server.calendar_reach import is_loopback
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers
from server.carrier_numbers import CarrierNumbers
from server.delivery import Door
from server.diary import BookingDiary
from server.escalations import Escalations
from server.faceless import Faceless
from server.first_texts import FirstTexts
from server.handset import Handsets
from server.ladder import Ladder
from server.lines import LineBook
from server.lost_calls import LostCalls
from server.metrics import Signs
from server.number_sums import EVERY_S as NUMBER_SUMS_EVERY_S
from server.number_sums import NumberSums
from server.overdue import Overdue
from server.photos import Photos, PhotoSource
from server.quotas import Quota
from server.reception import Reception
from server.refusals import Limits
from server.reminders import Reminders
from server.restore import UNFINISHED
from server.rounds import Rounds
from server.sealing import Sealing
from server.settings import Settings
from server.silence import Silences
from server.store import businesses, webhook_endpoints
from server.store.calendar_secrets import CalendarPasswords, CalendarSecrets
from server.store.carrier_credentials import CarrierTokens
from server.store.engine import make_engine, migrate
from server.switchboard import Switchboard
from server.threads import StaffDesk
from server.turns import Turns
from server.unsettled import Unsettled
from server.voicemail import Voicemail
from server.watch import Watch
from server.webhooks import Webhooks
from server.weekly import Weekly

if TYPE_CHECKING:
    from server.engine import Engine
    from server.preflight_runs import PreflightRuns

WEEKLY_EVERY_S = 60.0
VISITS_EVERY_S, VISITS_AT_ONCE = 20.0, 100
"""How often what was left half done is looked at, and after how many moved events a pass goes on at once."""

RECORDS_EVERY_S, RECORDS_AT_ONCE = 5.0, 20
"""How soon facts are sealed, and after how many threads or callers a pass goes on at once."""

log = structlog.get_logger()


class Care(Protocol):
    """Work in a thread of its own, from start to stop."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What commands need: the database and the documents, without the engine."""

    clock: Clock
    database: sa.Engine
    shelf: SqlShelf
    library: Library
    embedder: Embedder | None
    """None: `lexical`; texts and documents are compared by their words alone."""


@dataclass(frozen=True, kw_only=True)
class House(Tools):
    """Everything built, not yet started."""

    settings: Settings
    ports: Ports
    reception: Reception
    switchboard: Switchboard
    voicemail: Voicemail
    media: PhotoSource
    """What callers sent or said, at the carrier."""
    door: Door
    signs: Signs
    works: bool
    """This process runs turns and deliveries."""
    engine: "Engine"
    diary: BookingDiary
    care: tuple[Care, ...]
    """What comes round by itself; nothing where no work is done."""
    calendar: Calendar
    calendars: BuiltInCalendars
    mirror: CalendarMirror
    calendar_secrets: CalendarSecrets
    calendar_server: CalendarServer | None
    """Ours, started and stopped with the application; None: one that others run."""
    bell: StaffBell
    ladder: Ladder
    webhooks: Webhooks
    carrier_tokens: CarrierTokens
    numbers: CarrierNumbers
    preflights: "PreflightRuns"

    @property
    def escalations(self) -> Escalations:
        return self.ladder.escalations

    def auth_token(self, business: Business | None, account_sid: str) -> str:
        """The token that signs webhooks of a carrier account; empty: none is known, refuse."""
        return next(iter(self.auth_tokens(business, account_sid)), "")

    def auth_tokens(self, business: Business | None, account_sid: str) -> list[str]:
        """Every token that may have signed a webhook of a carrier account; none: refuse."""
        now = self.clock.now()
        return signing_tokens(self.settings, self.carrier_tokens, business, account_sid, now)


def signing_tokens(
    settings: Settings,
    tokens: CarrierTokens,
    business: Business | None,
    account_sid: str,
    now: datetime,
) -> list[str]:
    """`House.auth_tokens`, for commands that have no house."""
    if business and account_sid and business.twilio.account_sid == account_sid:
        if name := business.twilio.auth_token_env:
            return [one for one in (settings.named_secret(name),) if one]
        kept = tokens.believed(business.slug, account_sid, now)
        if kept:
            return kept
    if account_sid and account_sid == settings.twilio_account_sid:
        return [one for one in (settings.twilio_auth_token.get_secret_value(),) if one]
    return []


def build(settings: Settings, *, works: bool = True) -> House:
    """Bring the schema up to date and put every part in its place; nothing runs yet.

    Args:
        works: this process runs turns and deliveries; else it only takes webhooks and shows pages.
    """
    from server.engine import Engine  # noqa: PLC0415 - the engine costs 2 s of import, only a server pays it
    from server.executors import Executors  # noqa: PLC0415
    from server.preflight_runs import PreflightRuns  # noqa: PLC0415

    tools, signs = open_tools(settings), Signs()
    tokens = CarrierTokens(tools.database, settings.session_key())
    calendar_server = _calendar_server(settings) if works else None
    calendars = _built_in_calendars(settings, tools.database, calendar_server)
    secrets = CalendarSecrets(settings.session_key())
    passwords = CalendarPasswords(tools.database, secrets, settings.named_secret)
    calendar = CalDavCalendar(calendars, passwords.password_of)
    mirror = CalendarMirror(calendar, tools.database, tools.clock)
    diary = BookingDiary(
        calendar=calendar,
        database=tools.database,
        clock=tools.clock,
        public_url=settings.public_url,
        events=mirror,
        lately=signs.calendar,
        wrote=lambda at: mirror.mark_stale(at.business, at.calendar),
    )
    ports = Ports(
        knowledge=tools.library, diary=diary, mind=mind(settings), embedder=tools.embedder
    )
    executors = Executors(tools.database, settings.executor_id, alone=settings.is_sqlite)
    engine = Engine(settings.url, executors, settings.poll_s, tools.database)
    reception = Reception(
        jobs=engine.jobs,
        debounce_s=settings.debounce_s,
        metrics=signs.metrics,
        handsets=_handsets(settings, engine),
    )
    switchboard = Switchboard(
        first_texts=FirstTexts(
            jobs=engine.jobs, grace_s=settings.grace_s, public_url=settings.public_url
        )
    )
    door = Door(
        carrier=_carrier(settings, tokens),
        database=tools.database,
        clock=tools.clock,
        jobs=engine.jobs,
        metrics=signs.metrics,
        limits=Limits(
            to_one_caller=settings.texts_per_caller_hour,
            of_one_business=settings.texts_per_business_hour,
            registered_only=settings.registered_only,
            measure=measure(settings),
        ),
        lines=LineBook(lines=_lines(settings, tokens), database=tools.database, clock=tools.clock),
    )
    media = _media(settings, tokens)
    photos = Photos(source=media, database=tools.database, clock=tools.clock)
    turns = Turns(
        jobs=engine.jobs,
        door=door,
        public_url=settings.public_url,
        tokens_per_day=settings.model_tokens_per_day,
    )
    bell = _bell(settings, tools)
    ladder = Ladder(
        escalations=Escalations(jobs=engine.jobs, public_url=settings.public_url),
        database=tools.database,
        clock=tools.clock,
        ringer=_ringer(settings, tokens),
        bell=bell,
    )
    webhooks = Webhooks(
        database=tools.database,
        clock=tools.clock,
        poster=HttpPoster(inside=settings.tells_inside),
        keeper=webhook_endpoints.keeper(settings.session_key()),
    )
    preflights = PreflightRuns(
        tools=tools, mind=ports.mind, tokens_per_day=settings.model_tokens_per_day
    )
    if works:
        _register(engine, tools, turns, door, ports, signs)
    return House(
        **vars(tools),
        settings=settings,
        signs=signs,
        works=works,
        ports=ports,
        reception=reception,
        switchboard=switchboard,
        voicemail=Voicemail(jobs=engine.jobs, public_url=settings.public_url),
        media=media,
        door=door,
        engine=engine,
        diary=diary,
        care=(
            *_care(settings, tools, engine, turns, diary, mirror, calendars, switchboard),
            *photos.rounds(),
            *ladder.rounds(),
            _weekly(settings, tools, engine, bell),
            *webhooks.rounds(),
            preflights,
        )
        if works
        else (),
        calendar=calendar,
        calendars=calendars,
        mirror=mirror,
        calendar_secrets=secrets,
        calendar_server=calendar_server,
        carrier_tokens=tokens,
        numbers=carrier_numbers(settings, tokens),
        bell=bell,
        ladder=ladder,
        webhooks=webhooks,
        preflights=preflights,
    )


def _care(
    settings: Settings,
    tools: Tools,
    engine: "Engine",
    turns: Turns,
    diary: BookingDiary,
    mirror: CalendarMirror,
    calendars: BuiltInCalendars,
    switchboard: Switchboard,
) -> tuple[Care, ...]:
    """What comes round by itself: follow-ups and reminders, calendars read, visits settled, old events archived, records sealed and forgotten."""
    from server.housekeeping import Housekeeping  # noqa: PLC0415 - with the engine
    from server.retention import Retention  # noqa: PLC0415 - with the engine

    watch = Watch(diary=diary, events=mirror, jobs=engine.jobs)
    unsettled = Unsettled(diary=diary, jobs=engine.jobs)
    reminders = Reminders(database=tools.database, jobs=engine.jobs)
    overdue = Overdue(database=tools.database, jobs=engine.jobs, public_url=settings.public_url)
    sums = NumberSums(database=tools.database)
    lost_calls = LostCalls(database=tools.database, switchboard=switchboard)
    archive = ArchiveKeeper(database=tools.database, calendars=calendars)
    sealing = Sealing(database=tools.database)
    faceless = Faceless(
        database=tools.database,
        calendar=diary.calendar,
        wrote=lambda at: mirror.mark_stale(at.business, at.calendar),
    )
    retention = Retention(tools=tools, jobs=engine.jobs.client)
    housekeeping = Housekeeping(
        database=tools.database,
        clock=tools.clock,
        jobs=engine.jobs,
        engine=engine,
        turns=turns,
        silences=Silences(jobs=engine.jobs, public_url=settings.public_url),
        kept=timedelta(minutes=settings.jobs_kept_min),
    )

    def watched(business: Business, _calendar: str, changed: bool) -> None:
        if changed:
            watch.look(business)

    return (
        housekeeping.rounds(reminders.look, overdue.look),
        CalendarKeeper(mirror, tools.database, tools.clock, watched),
        Rounds(
            name="number sums",
            first=(sums.begin,),
            works=(sums.look,),
            clock=tools.clock,
            every_s=NUMBER_SUMS_EVERY_S,
            at_once=VISITS_AT_ONCE,
        ),
        Rounds(
            name="calls",
            works=(lost_calls.look,),
            clock=tools.clock,
            every_s=VISITS_EVERY_S,
            at_once=VISITS_AT_ONCE,
        ),
        Rounds(
            name="visits",
            works=(unsettled.look, archive.look),
            clock=tools.clock,
            every_s=VISITS_EVERY_S,
            at_once=VISITS_AT_ONCE,
        ),
        Rounds(
            name="records",
            works=(sealing.look, sealing.anchor, faceless.look),
            clock=tools.clock,
            every_s=RECORDS_EVERY_S,
            at_once=RECORDS_AT_ONCE,
        ),
        Rounds(  # apart: the first night after years is long, and seals are not to wait for it
            name="retention",
            works=(retention.look,),
            clock=tools.clock,
            every_s=RECORDS_EVERY_S,
            at_once=RECORDS_AT_ONCE,
        ),
    )


def _weekly(settings: Settings, tools: Tools, engine: "Engine", bell: StaffBell) -> Rounds:
    """Apart from the others: a bell may take seconds."""
    weekly = Weekly(
        database=tools.database, jobs=engine.jobs, bell=bell, public_url=settings.public_url
    )
    return Rounds(
        name="weekly",
        works=(weekly.look,),
        clock=tools.clock,
        every_s=WEEKLY_EVERY_S,
        at_once=VISITS_AT_ONCE,
    )


def _register(
    engine: "Engine", tools: Tools, turns: Turns, door: Door, ports: Ports, signs: Signs
) -> None:
    from server import workflows  # noqa: PLC0415 - with the engine
    from server.durable import durable  # noqa: PLC0415

    engine.configure()
    conversation = Conversation(durable(ports, signs, tools.clock))
    workflows.register(
        engine, tools.database, tools.clock, turns, door, conversation, signs.metrics
    )


def clock() -> Clock:
    """The time of this machine."""
    return SystemClock()


def open_tools(settings: Settings) -> Tools:
    """The database at this version's schema, and the documents of every business in it.

    Raises:
        BadInput: a restore was cut off in the middle.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if (settings.data_dir / UNFINISHED).exists():
        raise BadInput("A restore was cut off: run `ringback restore FILE --force` again first.")
    migrate(settings.url)
    database = make_engine(settings.url)
    shelf = SqlShelf(database, quotas.room_for_documents(measure(settings)))
    vectors = embedder(settings.embedder)
    watched = WatchedEmbedder(vectors) if vectors else None
    index = PassageIndex(settings.data_dir / "index", watched)
    return Tools(
        clock=clock(),
        database=database,
        shelf=shelf,
        library=Library(shelf, index, clock()),
        embedder=vectors,
    )


def measure(settings: Settings) -> Quota:
    """What every business may use that has no quota of its own."""
    return Quota(
        segments_month=settings.segments_per_month,
        tokens_day=settings.model_tokens_per_day,
        documents_mb=settings.documents_mb,
        logins=settings.logins,
    )


def warm_up(house: House) -> None:
    """Pay the first answer's costs (index, embedder, rules) before the first caller waits for them."""
    with house.database.connect() as connection:
        first = next(iter(businesses.every(connection)), None)
    if first:
        for question in ("How much is it?", "Are you open on Saturday?", "I need a visit"):
            asking.ask(house.library, first, question, house.clock.now(), house.embedder)
    elif house.embedder:
        house.embedder.embed(["The first document should not wait for it."])
    settle()


def settle() -> None:
    """What is loaded by now stays: the collector need not walk through it again, a third of a second each time."""
    gc.collect()
    gc.freeze()


def rehearsal_calendar(url: str | None) -> Calendar:
    """Every calendar in memory, or at `url`/<calendar id>/ (the URL may hold user and password); never the owner's own."""
    if url is None:
        return MemoryCalendar()
    return CalDavCalendar(CollectionsAt(url), lambda _at: "", only_built_in=True)


def outside_calendar(settings: Settings, database: sa.Engine) -> Calendar:
    """The businesses' calendars on other servers; those that are kept here are the server's alone."""
    secrets = CalendarSecrets(settings.session_key())
    passwords = CalendarPasswords(database, secrets, settings.named_secret)
    return CalDavCalendar(CollectionsAt("http://127.0.0.1:9"), passwords.password_of)


def make_calendars(house: House) -> None:
    """Make every business's built-in calendars; one that cannot be made is made at first use."""
    with house.database.connect() as connection:
        every = businesses.every(connection)
    for business in every:
        try:
            house.calendars.ensure_all(business)
        except CalendarError as error:
            log.warning("calendars.not_made", business=business.slug, error=str(error))


def _calendar_server(settings: Settings) -> CalendarServer | None:
    return None if settings.calendar_url else CalendarServer(settings.data_dir / "calendars")


def _built_in_calendars(
    settings: Settings, database: sa.Engine, server: CalendarServer | None
) -> BuiltInCalendars:
    def title(at: CalendarAddress) -> str:
        with database.connect() as connection:
            business = businesses.get(connection, at.business)
        return f"{business.name if business else at.business} - {at.calendar}"

    users = CalendarUsers(settings.session_key(), server.users_file if server else None)
    elsewhere = settings.calendar_url.rstrip("/")
    return BuiltInCalendars(server.url if server else lambda: elsewhere, users, title)


def _carrier(settings: Settings, tokens: CarrierTokens) -> Carrier:
    return TwilioCarrier(
        settings.twilio_account_sid or "AC" + "0" * 32,
        settings.twilio_auth_token.get_secret_value() or "missing",
        settings.twilio_api_url,
        settings.public_url,
        settings.named_secret,
        kept_token=tokens.token,
    )


def _ringer(settings: Settings, tokens: CarrierTokens) -> Ringer:
    return TwilioRinger(
        settings.twilio_account_sid or "AC" + "0" * 32,
        settings.twilio_auth_token.get_secret_value() or "missing",
        settings.twilio_api_url,
        settings.public_url,
        settings.named_secret,
        kept_token=tokens.token,
    )


def _handsets(settings: Settings, engine: "Engine") -> Handsets:
    escalations = Escalations(jobs=engine.jobs, public_url=settings.public_url)
    return Handsets(
        jobs=engine.jobs,
        desk=StaffDesk(jobs=engine.jobs, ladder=escalations, public_url=settings.public_url),
        escalations=escalations,
        public_url=settings.public_url,
    )


def _lines(settings: Settings, tokens: CarrierTokens) -> Lines:
    return TwilioLines(
        settings.twilio_account_sid or "AC" + "0" * 32,
        settings.twilio_auth_token.get_secret_value() or "missing",
        settings.twilio_api_url,
        settings.named_secret,
        kept_token=tokens.token,
    )


def carrier_numbers(settings: Settings, tokens: CarrierTokens) -> CarrierNumbers:
    """Our own numbers, as the carrier has them."""
    return TwilioNumbers(
        settings.twilio_account_sid or "AC" + "0" * 32,
        settings.twilio_auth_token.get_secret_value() or "missing",
        settings.twilio_api_url,
        settings.named_secret,
        kept_token=tokens.token,
    )


def _bell(settings: Settings, tools: Tools) -> StaffBell:
    is_here_alone = is_loopback(urlsplit(settings.public_url).hostname)
    return StaffBell(
        database=tools.database,
        clock=tools.clock,
        secret_key=settings.session_key(),
        public_url=settings.public_url,
        browsers=WebPushBrowsers(
            clock=tools.clock, public_url=settings.public_url, inside=is_here_alone
        ),
        channels=AppriseChannels(public_url=settings.public_url, inside=is_here_alone),
    )


def _media(settings: Settings, tokens: CarrierTokens) -> PhotoSource:
    return TwilioPhotos(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_api_url,
        settings.named_secret,
        kept_token=tokens.token,
    )


def mind(settings: Settings) -> Mind | None:
    """A model when a key or a server of one's own is set; imported only then."""
    key = settings.openai_api_key.get_secret_value()
    if not key and not settings.openai_base_url:
        return None
    from server.adapters.mind_openai import OpenAiMind, Provider  # noqa: PLC0415 - 2 s of import that only a model needs

    return OpenAiMind(
        Provider(
            key=key or "none",
            url=settings.openai_base_url,
            model=settings.model,
            try_s=settings.model_timeout_s,
            turn_s=settings.model_turn_s,
        )
    )
