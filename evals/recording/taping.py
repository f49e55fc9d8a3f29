"""Cassettes: what was said to a model and what it answered, with nothing of the machine they were recorded on."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr
import yaml
from vcr.cassette import Cassette
from vcr.request import Request

CASSETTES = Path(__file__).parents[2] / "tests" / "cassettes" / "model"
BASE_URL = "http://model.example/v1"
_VISIT_CODE = re.compile(rb"(?<=/v/)[\w-]+")
"""A visit's page has a secret address, another one each time."""
_KEPT_HEADERS = ("content-type",)
_OF_THE_MOMENT = {"id": "chatcmpl-recorded", "created": 0}
_OF_THE_MACHINE = {"timings", "system_fingerprint", "prompt_tokens_details"}

Json = dict[str, Any]


class PromptChanged(Exception):
    """What the product asks a model is not what was recorded."""


def cassette(name: str) -> Path:
    return CASSETTES / f"{name}.yaml"


@contextmanager
def recording(path: Path) -> Iterator[Cassette]:
    """Let HTTP through and write all of it to a new file."""
    with _recorder(_plain_request).use_cassette(path, record_mode="all") as cassette:
        yield cassette


@contextmanager
def replaying(path: Path) -> Iterator[Cassette]:
    """Answer from the file alone, without any network.

    Raises:
        PromptChanged: when it ends, if something else was asked, or not all that was recorded.
    """
    asked: list[Request] = []

    def noted(request: Request) -> Request:
        asked.append(_plain_request(request))
        return asked[-1]

    with _recorder(noted).use_cassette(path, record_mode="none") as cassette:
        yield cassette
    known = [json.loads(request.body) for request in cassette.requests]
    if not cassette.all_played or any(json.loads(one.body) not in known for one in asked):
        raise PromptChanged("The prompt has changed since the cassettes were recorded: make record")


class ReadableYaml:
    """Bodies as YAML values and long texts as blocks, so that a change of a prompt can be reviewed."""

    @staticmethod
    def serialize(recorded: Json) -> str:
        for each in recorded["interactions"]:
            each["request"]["body"] = json.loads(each["request"]["body"])
            each["response"]["body"] = json.loads(each["response"]["body"]["string"])
        return yaml.dump(recorded, Dumper=_Blocks, allow_unicode=True, sort_keys=False, width=100)

    @staticmethod
    def deserialize(text: str) -> Json:
        recorded: Json = yaml.safe_load(text)
        for each in recorded["interactions"]:
            each["request"]["body"] = json.dumps(each["request"]["body"])
            each["response"]["body"] = {"string": json.dumps(each["response"]["body"])}
        return recorded


class _Blocks(yaml.SafeDumper):
    """Texts of several lines are written as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Blocks.add_representer(str, _text)


def _recorder(plain: Callable[[Request], Request]) -> vcr.VCR:
    recorder = vcr.VCR(
        serializer="readable",
        match_on=["method", "path", "body"],
        before_record_request=plain,
        before_record_response=_plain_response,
        decode_compressed_response=True,
    )
    recorder.register_serializer("readable", ReadableYaml)
    return recorder


def _plain_request(request: Request) -> Request:
    at, host = urlsplit(request.uri), urlsplit(BASE_URL)
    request.uri = urlunsplit(at._replace(scheme=host.scheme, netloc=host.netloc))
    request.headers = _kept(request.headers)
    request.body = _VISIT_CODE.sub(b"code", request.body)
    return request


def _plain_response(response: Json) -> Json:
    said = json.loads(response["body"]["string"])
    for place in (said, said.get("usage", {})):
        for name in _OF_THE_MACHINE & place.keys():
            del place[name]
    said |= {name: fixed for name, fixed in _OF_THE_MOMENT.items() if name in said}
    return response | {
        "headers": _kept(response["headers"]),
        "body": {"string": _VISIT_CODE.sub(b"code", json.dumps(said).encode())},
    }


def _kept(headers: Json) -> Json:
    return {name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS}
