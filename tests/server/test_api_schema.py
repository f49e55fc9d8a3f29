"""The API is as its OpenAPI document says: asked with whatever the document allows, and with what it does not."""

import asyncio
from datetime import timedelta

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.http import api
from server.http.api.access import Rates
from tests.server.api_house import OTHER, SLUG, ApiHouse

DOCUMENT = "/api/v1/openapi.json"
CONFIG = schemathesis.Config.from_dict(
    {"phases": {"coverage": {"enabled": False}}, "generation": {"mode": "all"}}
)
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALENDAR_IS_AWAY = "The calendar does not answer"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("schema"))
    app.state.house, app.state.api_rates = built.built, Rates(per_minute=0)
    app.state.uploads = asyncio.Semaphore(1)
    built.misses()
    built.writes("how much is a drain cleaning?")
    yield built
    built.close()


@pytest.fixture(scope="module")
def token(house):
    """Of the installation: it may ask for everything."""
    return house.token("read", "write", "erase", "provider", business=None)


app = FastAPI()
app.include_router(api.router)
schema = schemathesis.openapi.from_asgi(DOCUMENT, app, config=CONFIG)


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=timedelta(seconds=20),
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_documented(case, house, token):
    """In every other case it is about what is there."""
    if len(str(case.path_parameters)) % 2:
        case.path_parameters = (case.path_parameters or {}) | _there(house, case)

    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)


def _there(house, case):
    """Parts of addresses that lead somewhere; the shop itself is left as it is."""
    keeps = case.method.upper() == "GET" or case.path.count("{") > 1
    parts = {"slug": SLUG if keeps else OTHER, "caller": house.caller, "task_id": 1}
    return {name: value for name, value in parts.items() if name in (case.path_parameters or {})}


def test_the_document_is_public_and_3_1(house):
    told = house.http.get(DOCUMENT).json()

    assert told["openapi"] == "3.1.0"
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_address_says_what_it_does_and_how_it_fails(house):
    told = house.http.get(DOCUMENT).json()
    bare = [
        (path, method)
        for path, methods in told["paths"].items()
        for method, one in methods.items()
        if not one.get("summary")
        or not {"400", "401", "403", "404", "422", "429", "503"} <= set(one["responses"])
        or not one.get("security")
    ]

    assert bare == []


def test_every_field_of_an_answer_is_described_where_its_name_does_not_say_it(house):
    told = house.http.get(DOCUMENT).json()["components"]["schemas"]

    for shape in ("Thread", "Call", "Task", "Appointment", "Problem"):
        said = [name for name, one in told[shape]["properties"].items() if one.get("description")]
        assert len(said) >= len(told[shape]["properties"]) / 2, shape
