"""Where a text's time goes, as OpenTelemetry spans; nothing is imported, and next to nothing done, until `start`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from server.logs import without_personal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

Name = Literal["webhook", "turn", "model", "knowledge", "calendar", "deliver"]
Plain = str | int | float | bool
Note = Callable[..., None]
"""Adds attributes that are known only at the span's end: `note(outcome="sent")`."""

_PARENT = "traceparent"
_FLUSH_S = 2.0


@dataclass
class _Here:
    """This process's spans: like its log, there is one. Not OpenTelemetry's global one, which libraries write to as well."""

    provider: "TracerProvider | None" = None


_here = _Here()


def endpoint(named: Callable[[str], str]) -> str:
    """Where spans go, from OpenTelemetry's own variables; empty: nowhere.

    Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
    """
    base = named("OTEL_EXPORTER_OTLP_ENDPOINT").rstrip("/")
    return named("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or (f"{base}/v1/traces" if base else "")


def start(endpoint: str) -> None:
    """Send spans to an OTLP/HTTP address from now on, in the background; empty: stay off."""
    if not endpoint or _here.provider:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - only who looks at spans pays
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = OTELResourceDetector().detect()  # OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
    resource = Resource.create({"service.name": "ringback"}).merge(named)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # `stop` does, and in time
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    _here.provider = provider


def stop() -> None:
    """Send what is waiting, for 2 s at most, and be off."""
    provider, _here.provider = _here.provider, None
    if provider:
        closing = threading.Thread(target=provider.shutdown, name="tracing-stop", daemon=True)
        closing.start()  # alone it takes 26 s where nobody listens
        closing.join(_FLUSH_S)


def span(
    name: Name, parent: str | None = None, **attributes: Plain | None
) -> AbstractContextManager[Note]:
    """A span around a block; under `parent` (what `current` gave, stored with a job), else under the span it runs in.

    Phone numbers in attributes are masked and words left out, as in the log; an error leaves its type alone.
    """
    if _here.provider is None:
        return _OFF
    return _recorded(_here.provider, name, parent, attributes)


def current() -> str | None:
    """The W3C traceparent of the span we are in, to store with a job; None when there is none."""
    if _here.provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    carried: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carried)
    return carried.get(_PARENT)


def _say_nothing(**_attributes: Plain | None) -> None: ...


_OFF: AbstractContextManager[Note] = nullcontext(_say_nothing)


@contextmanager
def _recorded(
    provider: "TracerProvider", name: str, parent: str | None, attributes: dict[str, Plain | None]
) -> Iterator[Note]:
    with provider.get_tracer("ringback").start_as_current_span(
        name, _context(parent), record_exception=False, set_status_on_exception=False
    ) as open_span:

        def note(**more: Plain | None) -> None:
            known = {key: value for key, value in more.items() if value is not None}
            open_span.set_attributes(without_personal(known))

        note(**attributes)
        try:
            yield note
        except BaseException as error:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415

            note(**{"error.type": type(error).__name__})
            open_span.set_status(StatusCode.ERROR)
            raise


def _context(parent: str | None) -> "Context | None":
    if parent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    return TraceContextTextMapPropagator().extract({_PARENT: parent})
