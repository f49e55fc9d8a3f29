"""Where the calendars of one race are: told to processes, to our adapter, and to an owner's own program."""

from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
from pydantic import SecretStr

from agent.ports import Calendar
from server.settings import Settings
from server.wiring import outside_calendar, rehearsal_calendar


class _Known(Settings):
    """Settings that know the one password, whatever variable is named."""

    calendar_password: SecretStr = SecretStr("")

    def named_secret(self, name: str) -> str:
        return self.calendar_password.get_secret_value()


@dataclass(frozen=True, kw_only=True)
class Site:
    home: str
    """What the calendars' names are put behind to make their URLs."""
    username: str = ""
    password: str = ""
    is_built_in: bool = False
    """Reached as the built-in server is: few requests at once, and a calendar that is missing is made."""

    def url(self, calendar: str) -> str:
        return f"{self.home}{calendar}/"

    def address(self, calendar: str) -> dict[str, str]:
        """What the business's profile says of a calendar."""
        if self.is_built_in:
            return {}
        login = {"username": self.username, "password_env": "ANY"} if self.username else {}
        return {"url": self.url(calendar)} | login

    def behind(self, port: int) -> "Site":
        """The same through a proxy on this machine."""
        parts = urlsplit(self.home)
        return replace(self, home=parts._replace(netloc=f"127.0.0.1:{port}").geturl())

    def adapter(self, database: sa.Engine) -> Calendar:
        """Our own, as the product has it."""
        if not self.is_built_in:
            known = _Known(
                secret_key=SecretStr("known"), calendar_password=SecretStr(self.password)
            )
            return outside_calendar(known, database)
        parts = urlsplit(self.home)
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        return rehearsal_calendar(parts._replace(netloc=f"{login}@{parts.netloc}").geturl())
