"""Spans as a collector gets them, and what they cost when nobody collects."""

import gzip
import socket
import subprocess
import sys
import threading
import time
import timeit
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from evals.product import ROOT
from server import tracing

NUMBER = "+13035550199"


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP collector on loopback that keeps every request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.requests = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/traces"

    @property
    def spans(self):
        return {
            span.name: span
            for request in self.requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        }


class Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def collector():
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tracing.start(server.url)
        yield server
        tracing.stop()
        server.shutdown()


@contextmanager
def deaf():
    """A port where connections are taken and never answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/traces"


def attributes(span):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_job_continues_the_trace_that_was_stored_with_it(collector):
    with tracing.span("webhook"):
        stored = tracing.current()

    def job():
        with tracing.span("turn", parent=stored), tracing.span("model"):
            pass

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    tracing.stop()

    webhook, turn, model = (collector.spans[name] for name in ("webhook", "turn", "model"))
    assert turn.parent_span_id == webhook.span_id
    assert model.parent_span_id == turn.span_id
    assert webhook.parent_span_id == b""
    assert {webhook.trace_id} == {turn.trace_id, model.trace_id}
    assert f"00-{webhook.trace_id.hex()}-{webhook.span_id.hex()}-" in str(stored)


def test_a_job_without_a_stored_trace_begins_one_of_its_own(collector):
    with tracing.span("turn", parent=None):
        pass
    with tracing.span("deliver", parent="nonsense"):
        pass
    tracing.stop()

    assert collector.spans["turn"].parent_span_id == b""
    assert collector.spans["deliver"].parent_span_id == b""
    assert collector.spans["deliver"].trace_id != collector.spans["turn"].trace_id


def test_the_spans_are_those_of_ringback(collector):
    with tracing.span("deliver"):
        pass
    tracing.stop()

    (of_resource,) = collector.requests[0].resource_spans
    assert attributes(of_resource.resource)["service.name"] == "ringback"


def test_attributes_hold_no_words_and_no_whole_number(collector):
    with tracing.span(
        "turn", thread=f"shop:{NUMBER}", body="my basement floods", again=None
    ) as note:
        note(outcome="answered", texts=2)
    tracing.stop()

    kept = attributes(collector.spans["turn"])
    assert kept == {"thread": "shop:+1******0199", "outcome": "answered", "texts": 2}


def test_an_error_leaves_its_type_and_nothing_it_says(collector):
    with pytest.raises(ValueError, match="floods"), tracing.span("model"):
        raise ValueError("my basement floods")
    tracing.stop()

    span = collector.spans["model"]
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span) == {"error.type": "ValueError"}
    assert b"floods" not in span.SerializeToString()


def test_spans_can_be_started_again_after_a_stop(collector):
    tracing.stop()
    tracing.start(collector.url)
    with tracing.span("calendar"):
        pass
    tracing.stop()

    assert list(collector.spans) == ["calendar"]


def test_where_nobody_answers_the_end_waits_two_seconds_at_most():
    with deaf() as url:
        tracing.start(url)
        with tracing.span("turn"):
            pass
        began = time.monotonic()
        tracing.stop()

    assert time.monotonic() - began < 3


def test_off_there_is_nothing_to_store():
    with tracing.span("webhook") as note:
        note(outcome="answered")
        assert tracing.current() is None


def test_off_nothing_of_opentelemetry_is_imported():
    script = (
        "import sys; from server import tracing\n"
        "tracing.start('')\n"
        "with tracing.span('turn', key='x'): tracing.current()\n"
        "tracing.stop()\n"
        "print([name for name in sys.modules if 'opentelemetry' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_off_a_span_costs_less_than_two_microseconds():
    def one():
        with tracing.span("turn", parent=None, key="SM1") as note:
            note(outcome="answered")

    assert min(timeit.repeat(one, number=10_000, repeat=5)) / 10_000 < 2e-6


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/own"}, "http://c/own"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/own",
            },
            "http://c/own",
        ),
    ],
)
def test_the_address_comes_from_opentelemetrys_own_variables(variables, address):
    assert tracing.endpoint(lambda name: variables.get(name, "")) == address
