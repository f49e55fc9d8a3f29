"""One conversation at the desk: the product's own routes on a virtual clock, with people signed in."""

import re
from datetime import datetime, timedelta
from html import unescape

import sqlalchemy as sa
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from server.app import create_app
from server.folder import read_folder
from server.serving import DEMO_FOLDER
from server.store import accounts, tasks, texts, threads
from server.store.tables import thread
from tests.calls.house import ACCOUNT, PUBLIC_URL, TOKEN, VirtualHouse

MONDAY = datetime.fromisoformat("2026-11-16T09:12:00-07:00")
"""A quarter past nine in Denver: the shop is open until five."""
PASSWORD = "for-tests-only"


class Shop:
    """Alder Creek Plumbing; Mia owns, Sam works."""

    def __init__(self, folder, start=MONDAY, **more):
        """Args: more: settings that are not as usual."""
        self.house = VirtualHouse(folder, start, **more)
        self.business = read_folder(DEMO_FOLDER).business
        self.house.open_shop(self.business)
        self.app = create_app(self.house.built, role="web")
        self._callers = 0
        self.new_caller()
        self._carrier = TestClient(self.app, base_url=PUBLIC_URL)
        self._posts = 0
        for login, role in (("mia", "owner"), ("sam", "staff")):
            with self.house.database.begin() as connection:
                accounts.set_password(connection, self.business.slug, login, login, role, PASSWORD)

    def new_caller(self):
        """A quarter past nine again, for a caller of whom nothing is known."""
        self.house.skip_to(MONDAY)
        self._callers += 1
        self.caller = f"+1303555{1000 + self._callers}"
        self.digits = self.caller.removeprefix("+")
        self.thread = threads.thread_id(self.business.slug, self.caller)

    def person(self, login):
        return Person(self, login)

    def writes(self, body, caller="", seconds=10):
        """The caller's text arrives, and so much time passes."""
        self._posts += 1
        fields = {
            "MessageSid": f"SM-in-{self._posts}", "AccountSid": ACCOUNT, "From": caller or self.caller,
            "To": self.business.phone, "Body": body, "NumMedia": "0",
        }  # fmt: skip
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/sms", fields)
        answered = self._carrier.post(
            "/twilio/sms", data=fields, headers={"X-Twilio-Signature": signature}
        )
        assert answered.is_success, answered.text
        self.passes(seconds)

    def passes(self, seconds):
        self.house.run_until(self.house.clock.now() + timedelta(seconds=seconds))

    def said(self, phone=""):
        """What the carrier took for the caller, or for another phone, in order."""
        return [one.body for _, one in self.house.phone.sent if one.to == (phone or self.caller)]

    def row(self):
        with self.house.database.connect() as connection:
            return threads.get(connection, self.thread)

    def texts(self):
        with self.house.database.connect() as connection:
            return texts.of_thread(connection, self.thread)

    def markers(self):
        with self.house.database.connect() as connection:
            return [one.what for one in threads.markers(connection, self.thread)]

    def owed(self):
        with self.house.database.connect() as connection:
            return [one.kind for one in tasks.open_of_thread(connection, self.thread)]

    def sets(self, **columns):
        with self.house.database.begin() as connection:
            connection.execute(sa.update(thread).where(thread.c.id == self.thread).values(columns))

    def close(self):
        self.house.close()


class Person:
    """A browser without scripts."""

    def __init__(self, shop, login):
        self.shop = shop
        self.http = TestClient(shop.app, base_url=PUBLIC_URL, follow_redirects=False)
        self.csrf = self._token(self.http.get("/login").text)
        form = {"csrf": self.csrf, "login": login, "password": PASSWORD}
        assert self.http.post("/login", data=form).headers["location"] == "/inbox"
        self.csrf = self._token(self.http.get("/inbox").text)

    def sees(self, path=""):
        """A page; the conversation, where none is named."""
        path = path or f"/inbox/{self.shop.digits}"
        answered = self.http.get(path)
        assert answered.status_code == 200, f"{path}: {answered.status_code} {answered.text[:300]}"
        return unescape(answered.text)

    def does(self, what, digits="", **form):
        """A button or a form of the conversation."""
        return self.posts(f"/inbox/{digits or self.shop.digits}/{what}", **form)

    def posts(self, path, **form):
        return self.http.post(path, data={"csrf": self.csrf} | form)

    def sends(self, body, **form):
        """What stands in the box, as the page that was just loaded would send it."""
        fields = self.fields() | {"body": body} | form
        return self.http.post(f"/inbox/{self.shop.digits}/send", data=fields)

    def fields(self):
        """The hidden fields of the box, as the page has them now."""
        html = self.sees()
        wanted = ("csrf", "key", "opened", "shown")
        return {name: picked(rf'name="{name}" value="([^"]*)"', html) for name in wanted}

    def _token(self, html):
        return picked(r'name="csrf" value="([^"]+)"', html)


def picked(pattern, html):
    match = re.search(pattern, html, re.DOTALL)
    assert match, pattern
    return match[1]


def part(html, name):
    """The words of the element with this test id, tags left out; None: it is not there."""
    found = re.search(rf'<(\w+)[^>]*data-testid="{name}".*?</\1>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else None


def box(html):
    """What stands in the reply box."""
    return picked(r'data-testid="reply"[^>]*>(.*?)</textarea>', html)
