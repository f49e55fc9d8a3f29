"""The business folder on its page: down as it is, up after a look, and nothing odd gets in."""

import io
import re
import zipfile
from html import unescape

import pytest

from agent.errors import BadBusiness
from server import folder_zip
from server.business_yaml import render_business
from server.commands import export_folder, import_folder
from server.folder_zip import packed, unpacked
from server.serving import DEMO_FOLDER
from tests.calls.house import VirtualHouse
from tests.server.desk import MONDAY
from tests.server.profile_shop import ProfileShop

FOLDER = "/business/folder"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    shop = ProfileShop(tmp_path_factory.mktemp("folder"))
    yield shop
    shop.close()


@pytest.fixture
def shop(shared):
    shared.fresh()
    return shared


def archive(files, **more):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name, content, **more)
    return made.getvalue()


def upload(shop, content, name="folder.zip"):
    return shop.mia.http.post(
        FOLDER, data={"csrf": shop.mia.csrf}, files={"documents": (name, content)}
    )


def looked_at(shop, content, name="folder.zip"):
    """The page that says what a folder would change."""
    answered = upload(shop, content, name)
    assert answered.status_code == 303, unescape(answered.text)
    return unescape(shop.mia.http.get(answered.headers["location"]).text)


def take(shop, html):
    form = {name: re.findall(rf'name="{name}" value="([^"]*)"', html)[0] for name in ("upload", "seen")}  # fmt: skip
    return shop.mia.posts(f"{FOLDER}/take", **form)


def yaml_of(shop, **changed):
    return render_business(shop.business.model_copy(update=changed)).encode()


def test_what_is_downloaded_and_uploaded_changes_nothing(shop):
    answered = shop.mia.http.get(f"{FOLDER}/download")

    assert answered.headers["content-type"] == "application/zip"
    assert "Nothing: everything is already as in this folder." in looked_at(shop, answered.content)
    assert unpacked("a.zip", answered.content)[0].business == shop.now()


def test_a_folder_goes_round_without_a_byte_of_loss(tmp_path):
    """Into a database, out, into an empty one, out."""
    slug, folders = "alder-creek-plumbing", [tmp_path / "first", tmp_path / "second"]
    source = DEMO_FOLDER
    for place, folder in enumerate(folders):
        house = VirtualHouse(tmp_path / f"house-{place}", MONDAY)
        import_folder(house.built, source)
        export_folder(house.built, slug, folder)
        house.close()
        source = folder

    first, second = (
        {
            str(file.relative_to(folder)): file.read_bytes()
            for file in folder.rglob("*")
            if file.is_file()
        }
        for folder in folders
    )

    assert first == second
    assert {"business.yaml", "knowledge/policies.md"} <= set(first)


def test_the_same_folder_is_the_same_file(shop):
    assert packed(shop.business, [("a.md", b"A")]) == packed(shop.business, [("a.md", b"A")])


def test_a_look_says_what_would_change_and_changes_nothing(shop):
    changed = yaml_of(shop, name="Alder Pipes")

    html = looked_at(shop, archive({"business.yaml": changed, "knowledge/prices.md": "# Prices"}))

    assert "Alder Pipes" in html
    assert "prices.md" in html
    assert shop.now() == shop.business
    assert shop.house.built.library.documents(shop.business.slug) == []


def test_a_folder_is_taken_with_its_documents(shop):
    business = yaml_of(shop, name="Alder Pipes")
    first = {
        "shop/business.yaml": business,
        "shop/knowledge/prices.md": "# Prices\n\nA visit is $90.",
    }

    answered = take(shop, looked_at(shop, archive(first)))

    assert answered.headers["location"] == FOLDER
    assert shop.now().name == "Alder Pipes"
    assert shop.versions()[0].by == "mia"
    library = shop.house.built.library
    assert [one.name for one in library.documents(shop.business.slug)] == ["prices.md"]
    shop.house.built.library.remove(shop.business.slug, "prices.md")


def test_a_profile_alone_leaves_the_documents(shop):
    library = shop.house.built.library
    library.put(shop.business.slug, "old.md", b"# Old\n\nOld.")

    html = looked_at(shop, yaml_of(shop, tone="short"), "business.yaml")

    assert "old.md" not in html
    take(shop, html)
    assert shop.now().tone == "short"
    assert [one.name for one in library.documents(shop.business.slug)] == ["old.md"]


def test_documents_that_are_not_in_the_folder_go_unless_they_were_added_on_the_pages(shop):
    library, slug = shop.house.built.library, shop.business.slug
    library.put(slug, "old.md", b"# Old\n\nOld.")
    library.put(slug, "mine.md", b"# Mine\n\nMine.", by="mia")

    html = looked_at(shop, archive({"business.yaml": yaml_of(shop)}))
    take(shop, html)

    assert "kept: added on the pages" in html
    assert [one.name for one in library.documents(slug)] == ["mine.md"]
    library.remove(slug, "mine.md")


def test_what_became_of_many_documents_does_not_burst_the_cookie(shop):
    library, slug = shop.house.built.library, shop.business.slug
    names = [f"{'long-name-' * 11}{place}.md" for place in range(40)]
    files = {f"knowledge/{name}": "# Prices\n\nA visit is $99." for name in names}

    answered = take(shop, looked_at(shop, archive({"business.yaml": yaml_of(shop)} | files)))

    assert len(library.documents(slug)) == 40
    assert len(answered.headers["set-cookie"]) < 4096
    for name in names:
        library.remove(slug, name)


def test_what_changed_since_the_look_is_not_run_over(shop):
    html = looked_at(shop, archive({"business.yaml": yaml_of(shop, name="Alder Pipes")}))
    shop.edits(shop.nick, "business", tone="short")

    answered = take(shop, html)

    assert answered.status_code == 400
    assert "Somebody has changed the profile since you looked" in answered.text
    assert shop.now().tone == "short"


def test_secrets_of_the_server_cannot_be_named_by_a_folder(shop):
    """A calendar that would be sent another setting's value; an account whose token would be one."""
    calendars = shop.business.calendars
    elsewhere = calendars[0].model_copy(
        update={
            "url": "https://evil.example/",
            "username": "x",
            "password_env": "RINGBACK_SECRET_KEY",
        }
    )

    html = looked_at(
        shop, yaml_of(shop, calendars=(elsewhere, *calendars[1:]), tone="short"), "b.yaml"
    )
    take(shop, html)

    assert "Where calendars live is not taken from a folder" in html
    assert shop.now().tone == "short"
    assert shop.now().calendars == calendars


def test_a_folder_does_not_say_which_carrier_account_is_used(shop):
    twilio = {"account_sid": "AC1", "auth_token_env": "HOME"}
    account = shop.business.twilio.model_copy(update=twilio)

    take(shop, looked_at(shop, yaml_of(shop, twilio=account, tone="brief"), "b.yaml"))

    assert shop.now().tone == "brief"
    assert shop.now().twilio == shop.business.twilio


def test_a_folder_of_another_business_is_named_as_one(shop):
    html = looked_at(shop, yaml_of(shop, slug="another-shop"), "business.yaml")

    assert "write slug: alder-creek-plumbing" in html
    assert "Take all of this" not in html


def test_problems_have_their_line_and_mend(shop):
    broken = yaml_of(shop).replace(b"timezone: America/Denver", b"timezone: Denver")
    line = broken.split(b"\n").index(b"timezone: Denver") + 1

    answered = upload(shop, archive({"business.yaml": broken}))

    assert answered.status_code == 400
    assert f"business.yaml:{line}: timezone: use an IANA time zone" in unescape(answered.text)


def test_it_is_the_owners(shop):
    for path in (FOLDER, f"{FOLDER}/download", f"{FOLDER}/look"):
        assert shop.sam.http.get(path).status_code == 403


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"knowledge/a.md": "x"}, "business.yaml: there is no such file"),
        ({"business.yaml": "slug: a", "../evil.md": "x"}, "is no place in a folder"),
        ({"business.yaml": "slug: a", "/etc/passwd": "x"}, "is no place in a folder"),
        ({"business.yaml": "slug: a", "C:\\a.md": "x"}, "is no place in a folder"),
        ({"business.yaml": "slug: a", "knowledge/..\\..\\a.md": "x"}, "is no place in a folder"),
        ({"business.yaml": "slug: a", "knowledge/a\u202eb.md": "x"}, "is no place in a folder"),
        ({"business.yaml": b"name: Caf\xe9"}, "business.yaml:1: these letters are not UTF-8"),
        ({"business.yaml": "slug: a"}, "name: is missing, and needed"),
        ({f"a/{n}.md": "x" for n in range(501)}, "More than 500 files"),
    ],
)  # fmt: skip
def test_what_is_no_folder_is_refused_in_words(files, says):
    with pytest.raises(BadBusiness) as refused:
        unpacked("folder.zip", archive(files))

    assert says in str(refused.value)


def test_documents_lie_straight_in_their_folder(shop):
    with pytest.raises(BadBusiness, match="put documents straight into knowledge/"):
        unpacked("f.zip", archive({"business.yaml": yaml_of(shop), "knowledge/a/b.md": "x"}))


def test_a_bomb_is_read_no_further_than_the_limit(monkeypatch):
    monkeypatch.setattr(folder_zip, "FILE_MAX", 1000)
    bomb = archive({"business.yaml": "slug: a", "knowledge/a.md": b"0" * 5_000_000})

    with pytest.raises(BadBusiness, match="too large"):
        unpacked("folder.zip", bomb)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_unpacks_without_a_limit_is_not_begun(shop, method):
    whole = archive({"business.yaml": yaml_of(shop)}, compress_type=method)

    with pytest.raises(BadBusiness, match="packed in an unusual way"):
        unpacked("folder.zip", whole)


def test_a_lie_about_the_size_is_found_out():
    honest = archive({"business.yaml": b"0" * 50_000})
    size = (50_000).to_bytes(4, "little")
    assert size in honest

    with pytest.raises(BadBusiness):
        unpacked("folder.zip", honest.replace(size, (7).to_bytes(4, "little")))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.zip", b"", "The file is empty"),
        ("a.zip", b"PK\x03\x04 broken", "This .zip cannot be read"),
        ("photo.jpg", b"\xff\xd8", "choose the folder as a .zip"),
        ("business.yaml", b"a: " + b"x" * 2_000_000, "larger than a profile can be"),
    ],
)  # fmt: skip
def test_other_files_are_refused_in_words(name, content, says):
    with pytest.raises(BadBusiness) as refused:
        unpacked(name, content)

    assert says in str(refused.value)
