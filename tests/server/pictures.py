"""Pictures as phones make them, with what they tell about whoever took them."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, PngImagePlugin

MAKER = b"SecretCamera"
"""Stands in the metadata of every picture here."""
HEIC = Path(__file__).with_name("photo.heic").read_bytes()


def exif(orientation=1):
    data = Image.Exif()
    data[0x0112], data[0x010F] = orientation, MAKER.decode()
    gps = data.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (39.0, 44.0, 21.0), "W", (104.0, 59.0, 5.0)
    return data


def half_red(width=300, height=200):
    """White, its left half red."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 2, height))
    return image


def saved(image, kind, **more):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def jpeg(width=300, height=200, orientation=1):
    xmp = b"<x:xmpmeta>" + MAKER + b"</x:xmpmeta>"
    return saved(
        half_red(width, height), "JPEG", exif=exif(orientation), comment=MAKER, xmp=xmp, quality=90
    )


def png():
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", MAKER.decode())
    return saved(half_red().convert("RGBA"), "PNG", pnginfo=told, exif=exif())


def gif():
    return saved(half_red(), "GIF", comment=MAKER)


def webp():
    return saved(half_red(), "WEBP", exif=exif().tobytes())


def bomb(side=30_000):
    """A PNG of a few kilobytes that claims 900 million pixels."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))  # fmt: skip

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(side // 8 + 1) * 10)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")  # fmt: skip


def scans(times=500):
    """A JPEG that draws its last scan again and again."""
    plain = saved(half_red(), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * times + plain[-2:]
