"""`<Record>`: a voicemail."""

import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin

from server.demo.simulator.carrier import API_VERSION
from server.demo.simulator.hanging_up import HungUpError, wait_on
from server.demo.simulator.line import Line
from server.demo.simulator.media import MediaFile, silence
from server.demo.simulator.records import Call
from server.demo.simulator.twiml import Page, Verb

LONGEST_S = 3600.0
LONGEST_KEPT_S = 300


async def record(line: Line, verb: Verb, base_url: str) -> Page | None:
    """Record until the caller hangs up or presses #; None when nothing was said.

    Raises:
        HungUpError: the caller left; the action has been told.
    """
    call = line.call
    call.recording = True
    line.carrier.show(call)
    seconds = await _listen(call, verb)
    call.recording = False
    line.carrier.show(call)
    if seconds:
        page = _action(line, verb, base_url, seconds)
        _report(line, verb, base_url, page.extra)
        if not call.over.is_set():
            return page
        await line.post(page.url, {**page.extra, "CallStatus": "completed"})
    if call.over.is_set():
        raise HungUpError
    return None


async def _listen(call: Call, verb: Verb) -> int:
    """Whole seconds of speech; a scripted caller speaks in no time and hangs up."""
    if not call.live:
        call.over.set()
        return call.script.voicemail_s or 0
    started = time.monotonic()
    with suppress(HungUpError):
        await wait_on(call, _finish_key(call), verb.seconds("maxLength", LONGEST_S))
    return int(time.monotonic() - started)


async def _finish_key(call: Call) -> None:
    key = ""
    while key != "#":
        key = await call.keys.get()


def _action(line: Line, verb: Verb, base_url: str, seconds: int) -> Page:
    carrier, call = line.carrier, line.call
    sound = MediaFile(type="audio/x-wav", content=silence(min(seconds, LONGEST_KEPT_S)))
    sid = carrier.media.put(sound, prefix="RE")
    account = f"{API_VERSION}/Accounts/{carrier.settings.account_sid}"
    return Page(
        url=urljoin(base_url, verb.attributes.get("action", base_url)),
        extra={
            "RecordingSid": sid,
            "RecordingUrl": f"{call.base_url.rstrip('/')}/{account}/Recordings/{sid}",
            "RecordingDuration": str(seconds),
            "Digits": "hangup" if call.over.is_set() else "#",
        },
    )


def _report(line: Line, verb: Verb, base_url: str, extra: Mapping[str, str]) -> None:
    callback = verb.attributes.get("recordingStatusCallback")
    if callback:
        report = {**extra, "RecordingStatus": "completed", "RecordingChannels": "1"}
        line.carrier.tasks.start(_post_report(line, urljoin(base_url, callback), report))


async def _post_report(line: Line, url: str, report: Mapping[str, str]) -> None:
    await line.post(url, report)
