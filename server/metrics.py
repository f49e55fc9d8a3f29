"""What is counted and timed, for Prometheus; no label ever holds a number, a business or a text's words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from agent.model import TextKind
from server.store.escalations import Ended
from server.vitals import Lately, Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST

TurnEnd = Literal["answered", "merged", "handed_over", "failed"]
ModelEnd = Literal["answered", "failed"]
DeliveryEnd = Literal["accepted", "failed"]


class Dropped(StrEnum):
    """Why the door let a text go no further."""

    OPTED_OUT = "opted_out"
    OPTED_IN_AGAIN = "opted_in_again"  # nothing to confirm any more
    PERSON_HAS_THREAD = "person_has_thread"
    PERSON_ANSWERED = "person_answered"  # by text or by phone
    CALLER_WROTE = "caller_wrote"  # before the first text left
    WENT_ON = "went_on"  # the conversation, since a nudge or reminder was written
    OVERTAKEN = "overtaken"  # a newer text's turn answers both
    TOO_LATE = "too_late"
    TOO_MANY = "too_many"  # in an hour
    UNTEXTABLE = "untextable"  # a landline
    SENDER_BLOCKED = "sender_blocked"  # by the carrier
    PAUSED = "paused"  # by a person: the agent says nothing
    SHADOW = "shadow"  # the business only tries out what would be sent
    SUSPENDED = "suspended"  # by whoever runs the installation
    UNREGISTERED = "unregistered"  # the number: carriers would block it
    MOVED_AWAY = "moved_away"  # the number: another business has it now
    OVER_QUOTA = "over_quota"  # the month's texts are used up
    OTHER = "other"


_QUICK_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_THINKING_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
_LEAVING_S = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 300, 3600)
_OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The counters and clocks of one process; safe from any thread, and to be told only of what has been committed."""

    registry: CollectorRegistry
    webhooks: Counter
    webhook_seconds: Histogram
    turns: Counter
    turn_seconds: Histogram
    model_calls: Counter
    model_seconds: Histogram
    deliveries: Counter
    delivery_seconds: Histogram
    first_text_seconds: Histogram
    drops: Counter
    opt_outs: Counter

    def webhook(self, path: str, status: int, took_s: float) -> None:
        """`path` is the route's template, never the path that was asked for."""
        self.webhooks.labels(path, str(status)).inc()
        self.webhook_seconds.observe(took_s)

    def turn(self, outcome: TurnEnd, took_s: float) -> None:
        self.turns.labels(_known(outcome, get_args(TurnEnd))).inc()
        self.turn_seconds.observe(took_s)

    def model_call(self, outcome: ModelEnd, took_s: float) -> None:
        self.model_calls.labels(_known(outcome, get_args(ModelEnd))).inc()
        self.model_seconds.observe(took_s)

    def delivery(self, kind: str, outcome: DeliveryEnd, since_queued_s: float) -> None:
        """A text has left, or will not: `kind` is its TextKind."""
        counted = _known(outcome, get_args(DeliveryEnd))
        self.deliveries.labels(_known(kind, tuple(TextKind)), counted).inc()
        if outcome == "accepted":
            self.delivery_seconds.observe(max(since_queued_s, 0))

    def first_text(self, since_call_s: float) -> None:
        """The carrier has a first text, so long after its call ended."""
        self.first_text_seconds.observe(max(since_call_s, 0))

    def dropped(self, reason: str) -> None:
        self.drops.labels(_known(reason, tuple(Dropped))).inc()

    def opt_out(self) -> None:
        self.opt_outs.inc()


def make_metrics() -> Metrics:
    """New ones, at zero."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)

    def counter(name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"ringback_{name}", meaning, labels, registry=registry)

    def clock(name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"ringback_{name}", meaning, buckets=buckets, registry=registry)

    return Metrics(
        registry=registry,
        webhooks=counter("webhooks_total", "Webhooks answered.", "path", "status"),
        webhook_seconds=clock("webhook_seconds", "Until a webhook was answered.", _QUICK_S),
        turns=counter("turns_total", "Turns ended.", "outcome"),
        turn_seconds=clock("turn_seconds", "From a turn's start to its commit.", _THINKING_S),
        model_calls=counter("model_calls_total", "Calls of the model.", "outcome"),
        model_seconds=clock("model_seconds", "Until the model answered or failed.", _THINKING_S),
        deliveries=counter("deliveries_total", "Texts handed over, or not.", "kind", "outcome"),
        delivery_seconds=clock(
            "delivery_seconds", "From a text's queueing to the carrier's acceptance.", _LEAVING_S
        ),
        first_text_seconds=clock(
            "first_text_seconds",
            "From a missed call's end to the carrier's acceptance of the first text.",
            _LEAVING_S,
        ),
        drops=counter("dropped_total", "Texts that the door did not let out.", "reason"),
        opt_outs=counter("opt_outs_total", "Callers who opted out."),
    )


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What one process notes of its own work, for `/metrics` and `/ready`."""

    metrics: Metrics = field(default_factory=make_metrics)
    calendar: Lately = field(default_factory=Lately)
    model: Lately = field(default_factory=Lately)


def exposition(metrics: Metrics, seen: Vitals | None) -> bytes:
    """Everything in Prometheus's text format; `seen` is None when the database did not answer."""
    of_database = CollectorRegistry()
    of_database.register(_Gauges(seen))
    return generate_latest(metrics.registry) + generate_latest(of_database)


class _Gauges(Collector):
    """What is read at every scrape; nothing where nothing is known."""

    def __init__(self, seen: Vitals | None) -> None:
        self._seen = seen

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("database_up", "The database answers.", self._seen is not None)
        if (seen := self._seen) is None:
            return
        yield _gauge("waiting_turns", "Texts not answered yet.", seen.texts.waiting)
        yield _gauge("oldest_waiting_turn_seconds", "Age of the oldest.", seen.texts.oldest_s)
        yield _gauge("waiting_deliveries", "Texts that have not left.", seen.outbox.waiting)
        yield _gauge("oldest_waiting_delivery_seconds", "Age of the oldest.", seen.outbox.oldest_s)
        yield _gauge("unowned_threads", "Threads that wait for a person.", seen.unowned)
        yield _gauge("live_workers", "Processes that work.", seen.workers)
        yield _by_end(seen)
        yield _gauge(
            "escalation_taken_seconds",
            "Until a person took an escalation of the last day: the median.",
            median(seen.taken_s) if seen.taken_s else 0,
        )


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ringback_{name}", meaning, value=float(value))


def _by_end(seen: Vitals) -> GaugeMetricFamily:
    ended = GaugeMetricFamily(
        "ringback_escalations_ended", "Escalations that ended in the last day.", labels=("end",)
    )
    for end in Ended:
        ended.add_metric((end,), seen.escalations.get(end, 0))
    return ended


def _known(word: str, vocabulary: tuple[str, ...]) -> str:
    return str(word) if word in vocabulary else _OTHER
