"""A browser without scripts: keeps its session, sends forms with the page's own token."""

import re
from typing import Any

import httpx2
import sqlalchemy as sa

from evals.product import Product
from server.store import accounts
from server.store.tables import metadata

PASSWORD = "for-tests-only"


class Visitor:
    def __init__(self, product: Product) -> None:
        self.http = httpx2.Client(base_url=product.url, timeout=60)
        self.csrf = ""

    def signs_in(self, login: str, password: str) -> "Visitor":
        self.sees("/login")
        answered = self.sends("/login", {"login": login, "password": password})
        assert answered.headers["location"] == "/inbox", answered.text
        self.sees("/account")
        return self

    def sees(self, path: str) -> str:
        """A page's HTML; its token is the one that forms are sent with."""
        answered = self.http.get(path, headers={"Accept": "text/html"})
        assert answered.status_code == 200, f"{path}: {answered.status_code}"
        found = re.search(r'name="csrf" value="([^"]+)"', answered.text)
        self.csrf = found.group(1) if found else self.csrf
        return answered.text

    def sends(self, path: str, form: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        """A form of ours, posted."""
        headers = {"Accept": "text/html"} | more.pop("headers", {})
        return self.http.post(
            path, data={"csrf": self.csrf} | (form or {}), headers=headers, **more
        )

    def asks(self, question: str) -> str:
        """What the agent would say, as the page shows it."""
        answered = self.sends("/business/documents/ask", {"question": question})
        assert answered.status_code == 200, answered.text
        return str(answered.text)

    def uploads(self, *files: tuple[str, bytes]) -> httpx2.Response:
        """Documents by name and content, as a page's script sends them."""
        return self.sends(
            "/business/documents",
            files=[("documents", file) for file in files],
            headers={"Accept": "application/json"},
        )


def give_login(product: Product, business: str, staff: str, role: str) -> None:
    with product.database().begin() as connection:
        accounts.set_password(connection, business, staff, staff, role, PASSWORD)


_BY_ITSELF = {"seal", "seal_anchor", "number_day"}
"""What rounds write, whoever asks for a page meanwhile."""


def rows_of(product: Product, business: str) -> dict[str, list[Any]]:
    """All that the database holds of a business, table by table; but for what comes round by itself."""
    with product.database().connect() as connection:
        return {
            table.name: sorted(
                str(tuple(row))
                for row in connection.execute(
                    sa.select(*(c for c in table.c if c.name != "sealed"))
                )
                if business in str(tuple(row))
            )
            for table in metadata.sorted_tables
            if table.name not in _BY_ITSELF
        }
