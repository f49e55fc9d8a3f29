"""An installation without any business, its simulator, and its new owner."""

import re
from html import unescape

import httpx2

from evals.product import Product
from server import first_run
from server.settings import Settings
from tests.visitor import Visitor

NUMBER, OWN_PHONE = "+13035550177", "+13035550178"
PASSWORD = "four plain garden chairs"


class EmptyProduct(Product):
    """Nothing is imported: the server prints the link that begins."""

    def set_up(self) -> "EmptyProduct":
        return self

    @property
    def link(self) -> str:
        """The path with the code; empty once it is spent."""
        settings = Settings(data_dir=self.data, public_url=self.url)
        with self.database().connect() as connection:
            return (first_run.link(connection, settings) or "").removeprefix(self.url)

    def buys(self, *numbers: str) -> None:
        """The account at the carrier has these numbers from now on."""
        known = [{"phone": one, "name": "New Shop", "slug": "new-shop"} for one in numbers]
        self.set_carrier(numbers=known)

    def number_is(self, **wish: object) -> None:
        self._post("/sim/number", wish)


def begins(product: EmptyProduct, visitor: Visitor, **more: str) -> httpx2.Response:
    """Send the first page's form."""
    path = product.link
    visitor.sees(path)
    form = {
        "code": path.rpartition("=")[2],
        "business": "O'Neil & Sons Plumbing",
        "name": "Dana O'Neil",
        "login": "dana",
        "password": PASSWORD,
    }
    return visitor.sends("/welcome", form | more)


def fields(html: str) -> dict[str, str]:
    """What the form of a step would send if nothing were touched; boxes and radios as they are ticked."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = told.get("type") in ("checkbox", "radio")
        if "name" in told and (not is_box or " checked" in tag):
            found[told["name"]] = unescape(told.get("value", ""))
    for name, inside in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        found[name] = chosen.group(1) if chosen else ""
    for name, words in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', html, re.S):
        found[name] = unescape(words)
    return found


def answers(visitor: Visitor, step: str, changed: dict[str, str] | None = None, without: tuple[str, ...] = ()) -> httpx2.Response:  # fmt: skip
    """Open a step, change its form and send it."""
    form = fields(visitor.sees(f"/setup/{step}")) | (changed or {})
    kept = {name: value for name, value in form.items() if name not in (*without, "csrf")}
    return visitor.sends(f"/setup/{step}", kept)
