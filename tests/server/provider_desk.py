"""An installation with its admin signed in, on a virtual clock; and programs with a token."""

from starlette.testclient import TestClient

from server.api_tokens import new_token
from server.store import admins, credentials
from tests.calls.house import PUBLIC_URL
from tests.server.desk import Person, Shop

ROOT = "for-the-root-only"


class Admin(Person):
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        with shop.house.database.begin() as connection:
            admins.put(connection, "root", credentials.hashed(ROOT), shop.house.clock.now())
        self.http = TestClient(shop.app, base_url=PUBLIC_URL, follow_redirects=False)
        self.csrf = self._token(self.http.get("/login").text)
        form = {"csrf": self.csrf, "login": "root", "password": ROOT}
        assert self.http.post("/login", data=form).headers["location"] == "/admin"
        self.csrf = self._token(self.http.get("/admin").text)

    def acts(self, slug, what, **form):
        """A form of one business's page."""
        return self.posts(f"/admin/businesses/{slug}/{what}", **form)


class Program:
    """Asks the API with a token of the installation."""

    def __init__(self, shop: Shop) -> None:
        token = new_token(shop.house.built, None, "crm", ["provider"])
        headers = {"Authorization": f"Bearer {token.split()[-1]}"}
        self.http = TestClient(shop.app, base_url=PUBLIC_URL, headers=headers)

    def asks(self, method, path="", **more):
        return self.http.request(method, f"/api/v1/businesses{path}", **more)
