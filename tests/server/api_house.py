"""A shop on a virtual clock that other systems ask by its API and are told of events."""

from dataclasses import replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from dbos import run_dbos_database_migrations
from fastapi import FastAPI

from server.adapters.webhook_http import HttpPoster
from server.store import api_tokens, registrations, threads, webhook_endpoints
from server.store.tables import webhook_delivery, webhook_endpoint, webhook_event
from server.webhooks import Webhooks
from tests.calls.house import ACCOUNT
from tests.server.ladder_house import CALLER, PHONES, SHOP, LadderHouse, shop

SLUG, OTHER = "alder-creek-plumbing", "north-fork-locks"
START = datetime(2026, 3, 2, 10)
STAFF = [
    {"id": one, "name": f"{one.title()} Smith", "phone": phone, "login": "owner" if one == "mia" else "staff"}
    for one, phone in PHONES.items()
]  # fmt: skip
ON_CALL = [{"staff": "mia", "when": "always", "reach": "text"}]
OPEN = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class ApiHouse(LadderHouse):
    def __init__(self, folder, **more):
        super().__init__(folder, START, shop(ON_CALL, **({"hours": OPEN, "staff": STAFF} | more)))
        self.open_shop(
            shop([], slug=OTHER, name="North Fork Locks", phone="+13035550150", staff=[])
        )
        with self.database.begin() as connection:
            registrations.enter(connection, SLUG, SHOP, "approved", "", self.clock.now())
        run_dbos_database_migrations(self.built.settings.url)  # whoever is erased has jobs there
        self.built = replace(self.built, diary=self.built.ports.diary)
        cast(FastAPI, self.http.app).state.house = self.built
        self.calls, self.callers, self.caller = 0, 0, CALLER
        self.poster = HttpPoster(inside=True, timeout_s=2)
        self.webhooks = Webhooks(
            database=self.database,
            clock=self.clock,
            poster=self.poster,
            keeper=self.built.webhooks.keeper,
        )

    # as another system

    def token(self, *scopes, business=SLUG, name="zapier"):
        with self.database.begin() as connection:
            now = self.clock.now()
            return api_tokens.make(connection, business, name, scopes, "mia", now)

    def asks(self, path, token, method="GET", slug=SLUG, **more):
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        address = path if path.startswith("/api") else f"/api/v1/businesses/{slug}{path}"
        return self.http.request(method, address, headers=headers, **more)

    def wants(self, url="http://127.0.0.1:9/hook", *events, business=SLUG):
        """An endpoint; its id and its secret."""
        with self.database.begin() as connection:
            now, keeper = self.clock.now(), self.webhooks.keeper
            return webhook_endpoints.add(connection, keeper, business, url, events, now)

    def told(self, *kinds):
        """The bodies of the events, oldest first."""
        query = sa.select(webhook_event).order_by(webhook_event.c.at, sa.text("rowid"))
        with self.database.connect() as connection:
            rows = connection.execute(query).all()
        return [row.body for row in rows if not kinds or row.kind in kinds]

    def deliveries(self):
        query = sa.select(webhook_delivery).order_by(webhook_delivery.c.id)
        with self.database.connect() as connection:
            return list(connection.execute(query))

    # as the caller

    def meets(self):
        """From now on it is about another caller, and nobody wants to be told yet."""
        self.callers += 1
        self.caller = f"+1303556{self.callers:04d}"
        self.thread = threads.thread_id(SLUG, self.caller)
        with self.database.begin() as connection:
            connection.execute(sa.delete(webhook_event))
            connection.execute(sa.delete(webhook_endpoint))
        return self

    def misses(self, caller=""):
        self.calls += 1
        caller = caller or self.caller
        call = {
            "CallSid": f"CA{self.calls:032d}", "AccountSid": ACCOUNT, "Direction": "inbound",
            "From": caller, "To": SHOP,
        }  # fmt: skip
        self.post("/twilio/voice", call | {"CallStatus": "ringing"})
        self.pass_s(5)
        self.post(
            "/twilio/voice/dialed",
            call | {"CallStatus": "in-progress", "DialCallStatus": "no-answer"},
        )
        self.pass_s(10)

    def writes(self, words, caller=""):
        self.text(caller or self.caller, words)
        self.pass_s(20)
