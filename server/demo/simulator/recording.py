"""`<Record>`: a voicemail, and its words a little later."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin

from server.demo.simulator.carrier import API_VERSION
from server.demo.simulator.hanging_up import HungUpError, wait_on
from server.demo.simulator.line import Line
from server.demo.simulator.media import MediaFile, silence
from server.demo.simulator.records import Call, new_sid
from server.demo.simulator.twiml import Page, Verb

LONGEST_S = 3600.0
LONGEST_KEPT_S = 300
ANY_KEY = "1234567890*#"
TRANSCRIBED_S = range(2, 121)
"""Twilio transcribes recordings of 2 to 120 seconds."""
NOTHING_UNDERSTOOD = "(blank)"


async def record(line: Line, verb: Verb, base_url: str) -> Page | None:
    """Record until the caller hangs up or presses a key that ends it; None when nothing was said.

    Raises:
        HungUpError: the caller left; the action has been told.
    """
    call = line.call
    call.recording = True
    line.carrier.show(call)
    seconds, key = await _listen(call, verb)
    call.recording = False
    line.carrier.show(call)
    if seconds:
        page = _action(line, verb, base_url, seconds, key)
        _report(line, verb, base_url, page.extra)
        if not call.over.is_set():
            return page
        await line.post(page.url, {**page.extra, "CallStatus": "completed"})
    if call.over.is_set():
        raise HungUpError
    return None


async def _listen(call: Call, verb: Verb) -> tuple[int, str]:
    """Whole seconds of speech, and the key that ended it; a scripted caller speaks in no time and hangs up."""
    longest_s = verb.seconds("maxLength", LONGEST_S)
    if not call.live:
        call.over.set()
        return min(call.script.voicemail_s or 0, int(longest_s)), ""
    started, key = time.monotonic(), None
    with suppress(HungUpError):
        keys = verb.attributes.get("finishOnKey", ANY_KEY)
        key = await wait_on(call, _finish_key(call, keys), longest_s)
    return int(time.monotonic() - started), key or ""


async def _finish_key(call: Call, keys: str) -> str:
    while (key := await call.keys.get()) not in keys:
        pass
    return key


def _action(line: Line, verb: Verb, base_url: str, seconds: int, key: str) -> Page:
    carrier, call = line.carrier, line.call
    sound = MediaFile(type="audio/x-wav", content=silence(min(seconds, LONGEST_KEPT_S)))
    sid = carrier.media.put(sound, prefix="RE")
    return Page(
        url=urljoin(base_url, verb.attributes.get("action", base_url)),
        extra={
            "RecordingSid": sid,
            "RecordingUrl": _url(line, f"Recordings/{sid}"),
            "RecordingDuration": str(seconds),
            "Digits": "hangup" if call.over.is_set() else key,
        },
    )


def _url(line: Line, path: str) -> str:
    account = f"{API_VERSION}/Accounts/{line.carrier.settings.account_sid}"
    return f"{line.call.base_url.rstrip('/')}/{account}/{path}"


def _report(line: Line, verb: Verb, base_url: str, recorded: Mapping[str, str]) -> None:
    """What is told besides, in the background: the file is there, and later its words."""
    tasks = line.carrier.tasks
    if callback := verb.attributes.get("recordingStatusCallback"):
        report = {
            **recorded,
            "RecordingStatus": "completed",
            "RecordingChannels": "1",
            "RecordingSource": "RecordVerb",
        }
        tasks.start(_post(line, urljoin(base_url, callback), report))
    if callback := verb.attributes.get("transcribeCallback"):
        tasks.start(_transcribe(line, urljoin(base_url, callback), recorded))


async def _transcribe(line: Line, url: str, recorded: Mapping[str, str]) -> None:
    await asyncio.sleep(line.carrier.settings.transcription_delay_s)
    understood = int(recorded["RecordingDuration"]) in TRANSCRIBED_S
    words = line.call.script.voicemail_words or NOTHING_UNDERSTOOD
    sid = new_sid("TR")
    report = {
        "TranscriptionSid": sid,
        "TranscriptionUrl": _url(line, f"Transcriptions/{sid}"),
        "TranscriptionStatus": "completed" if understood else "failed",
        "TranscriptionText": words if understood else "",
        "RecordingSid": recorded["RecordingSid"],
        "RecordingUrl": recorded["RecordingUrl"],
    }
    await _post(line, url, report)


async def _post(line: Line, url: str, report: Mapping[str, str]) -> None:
    await line.post(url, report)
