"""Files that went wrong on their way: seeded damage to good ones, and plain noise."""

import random
import zipfile
from io import BytesIO

from tests.knowledge import files

MARKDOWN = b"# Prices\n\n| Job | Price |\n|---|---|\n| Drain | $149 |\n\n**Pets?**\n\nAll. [page](https://a.example/x)\n"
HTML = b"<html><body><h1>Prices</h1><table><tr><td rowspan=2>Drain<td>$149<tr><td>$9</table><dl><dt>Pets?<dd>All.</dl>"
CSV = 'id,question,answer,other phrasings\n1,Pets?,“All”,dogs|cats\n2,Open?,"8,\nto 5",\n'.encode()


def good_files():
    """The name and the bytes of one of each kind, and some with much inside."""
    return {
        "prices.pdf": files.ruled_prices(),
        "columns.pdf": files.two_columns(),
        "faq.docx": files.word_faq(),
        "prices.docx": files.word_prices(),
        "faq.csv": CSV,
        "wide.csv": CSV.decode().encode("utf-16"),
        "page.html": HTML,
        "notes.md": MARKDOWN,
        "notes.txt": MARKDOWN,
    }


def damaged(chance: random.Random, content: bytes) -> bytes:
    """The same file after one to four accidents."""
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(_ACCIDENTS)(chance, content)
    return content


def noise(chance: random.Random) -> bytes:
    head = chance.choice([b"", b"%PDF-1.7\n", b"PK\x03\x04word/", b"\xff\xfe", b"<html>", b"q,a\n"])
    return head + chance.randbytes(chance.randint(1, 4000))


def _cut(chance, content):
    return content[: chance.randint(1, max(1, len(content)))]


def _flipped(chance, content):
    changed = bytearray(content or b"x")
    for _ in range(chance.randint(1, 40)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _doubled(chance, content):
    start = chance.randrange(len(content) + 1)
    part = content[start : start + chance.randint(1, 500)]
    return content[:start] + part * chance.choice([2, 50, 1000]) + content[start:]


def _torn(chance, content):
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randint(1, 200) :]


def _renumbered(chance, content):
    """A number in the file becomes another: lengths, places, sizes."""
    digit = str(chance.randrange(10)).encode()
    other = str(chance.choice([-1, 0, 10, 2**31, 2**63])).encode()
    return content.replace(digit, other, chance.randint(1, 5))


def _damaged_inside(chance, content):
    """What a packed file holds is damaged, and packed again as if it were whole."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except Exception:
        return content
    for name in chance.sample(sorted(parts), min(2, len(parts))):
        parts[name] = chance.choice([_cut, _flipped, _doubled, _torn, _renumbered])(
            chance, parts[name]
        )
    return files.zipped(parts)


_ACCIDENTS = [_cut, _flipped, _doubled, _torn, _renumbered, _damaged_inside, _damaged_inside]
