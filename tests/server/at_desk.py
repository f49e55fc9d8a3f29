"""A person of a shop before the inbox, on a clock that only moves when it is told to."""

import tomllib
from pathlib import Path

import sqlalchemy as sa

from server.overdue import Overdue
from server.store import accounts
from server.store.tables import marker, task, text, thread
from tests.calls.house import PUBLIC_URL
from tests.calls.line import Line
from tests.visitor import PASSWORD, Visitor

TOLD = tomllib.loads(
    (Path(__file__).parents[1] / "calls" / "histories.toml").read_text(encoding="utf-8")
)
MIA, SAM, ANN, BOB = (TOLD["cast"][name] for name in ("mia", "sam", "ann", "bob"))
SHOP = TOLD["shop"]["slug"]


class Sits(Visitor):
    """Somebody who is signed in."""

    def __init__(self, http):
        self.http, self.csrf = http, ""


class AtDesk:
    def __init__(self, folder, start="2026-09-15T10:00", **business):
        self.line = Line(
            folder, TOLD["cast"], TOLD["shop"], {"setup": "dial", "start": start, "business": business}
        )  # fmt: skip
        self.house, self._second, self._callers = self.line.house, 0, 0
        self.caller = ANN
        with self.house.database.begin() as connection:
            accounts.set_password(connection, SHOP, "mia", "mia", "owner", PASSWORD)
            accounts.set_password(connection, SHOP, "sam", "sam", "staff", PASSWORD)
        self.mia = self.sits("mia")

    def sits(self, login):
        http = type(self.line.http)(self.line.http.app, base_url=PUBLIC_URL, follow_redirects=False)
        return Sits(http).signs_in(login, PASSWORD)

    def meets(self):
        """From now on it is about another caller."""
        self._callers += 1
        self.caller = f"+1303556{self._callers:04d}"
        return self

    @property
    def digits(self):
        return self.caller.lstrip("+")

    def texts(self, words, caller="", wait_s=8):
        """A caller texts, and so much time passes."""
        self.line.happens({"text": words, "from": caller or self.caller}, 0)
        self.passes(wait_s)

    def passes(self, seconds):
        self._second += seconds
        self.house.run_until(self.line.at(self._second))

    @property
    def now(self):
        return self.house.clock.now()

    def alarms(self):
        """Lets the alarm look; returns how many tasks it told of."""
        look = Overdue(database=self.house.database, jobs=self.house.jobs, public_url=PUBLIC_URL)
        told = look.look(self.now)
        self.passes(0)
        return told

    def sent_to(self, number=""):
        to = number or self.caller
        return [one.body for _, one in self.house.phone.sent if one.to == to]

    def rows(self, **match):
        """Texts of the conversation, as they stand."""
        chosen = [text.c[name] == value for name, value in match.items()]
        chosen.append(text.c.thread == f"{SHOP}:{self.caller}")
        return self._all(sa.select(text).where(*chosen).order_by(text.c.seq))

    def tasks(self, **match):
        """Of the conversation, done and to be done."""
        chosen = [task.c[name] == value for name, value in match.items()]
        chosen.append(task.c.thread == f"{SHOP}:{self.caller}")
        return self._all(sa.select(task).where(*chosen).order_by(task.c.id))

    def thread(self):
        [found] = self._all(sa.select(thread).where(thread.c.id == f"{SHOP}:{self.caller}"))
        return found

    def markers(self, what):
        mine = (marker.c.thread == f"{SHOP}:{self.caller}", marker.c.what == what)
        return self._all(sa.select(marker).where(*mine))

    def close(self):
        self.line.close()

    def _all(self, query):
        with self.house.database.connect() as connection:
            return list(connection.execute(query))
