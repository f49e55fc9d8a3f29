"""A picture as staff see it: upright, no larger than needed, and silent about where and by whom it was taken."""

import io
import struct
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 30_000_000
"""Of the original. A few bytes can claim any size, and memory goes with the pixels: 120 MB for so many, twice over at times."""
MOST_SCANS = 300
"""Of a JPEG, which takes as long to decode as it has scans; cameras make a dozen at most. (What a phone puts behind the
picture holds the mark of one now and then, by chance.)"""
LONGEST, LONGEST_SMALL = 2048, 480
"""Pixels of the longer side."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_HEIF = ("image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence")
_BROKEN = (
    ArithmeticError,
    LookupError,
    OSError,
    RuntimeError,
    EOFError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""What decoders raise on damaged files."""
_JPEG, _SCAN = b"\xff\xd8", b"\xff\xda"
_QUALITY = 85
_TOO_LARGE = "This picture has too many pixels to be shown."
_DAMAGED = "This picture is damaged and cannot be shown."


@dataclass(frozen=True, kw_only=True)
class CleanPhoto:
    """Two JPEGs, without any of the original's metadata."""

    picture: bytes
    small: bytes
    width: int
    """Pixels of the larger one."""
    height: int


@dataclass(frozen=True, kw_only=True)
class Refused:
    """It is not kept."""

    why: str
    """A whole sentence; empty: it is no picture at all."""


def clean(content: bytes) -> CleanPhoto | Refused:
    """Judge a file by what it holds; its first picture, drawn anew."""
    if content.startswith(_JPEG) and content.count(_SCAN) > MOST_SCANS:
        return Refused(why=_DAMAGED)
    try:
        with _opened(content) as image:
            if image.width * image.height > MOST_PIXELS:
                return Refused(why=_TOO_LARGE)
            return _drawn_anew(image)
    except UnidentifiedImageError:
        return Refused(why="")
    except Image.DecompressionBombError:
        return Refused(why=_TOO_LARGE)
    except _BROKEN:
        return Refused(why=_DAMAGED)


def _opened(content: bytes) -> Image.Image:
    """Its header is read; of a HEIC that is not too large its pixels, too.

    Raises:
        UnidentifiedImageError: it is no picture of a kind that is kept.
    """
    if pi_heif.get_file_mimetype(content) not in _HEIF:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    found = pi_heif.open_heif(content)
    if found.size[0] * found.size[1] > MOST_PIXELS:
        raise Image.DecompressionBombError
    picture: Image.Image = found.to_pillow()
    return picture


def _drawn_anew(image: Image.Image) -> CleanPhoto:
    image.draft("RGB", (LONGEST, LONGEST))  # a large JPEG is decoded at half its size or less
    image.thumbnail((LONGEST, LONGEST))
    picture = _on_white(_upright(image))
    small = picture.copy()
    small.thumbnail((LONGEST_SMALL, LONGEST_SMALL))
    return CleanPhoto(
        picture=_jpeg(picture), small=_jpeg(small), width=picture.width, height=picture.height
    )


def _upright(image: Image.Image) -> Image.Image:
    """As its maker held the camera; as it is where what says so is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image


def _on_white(image: Image.Image) -> Image.Image:
    """A new picture that takes the pixels alone: Pillow writes along what it finds in `info`."""
    plain = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        plain.paste(over, mask=over.getchannel("A"))
    else:
        plain.paste(image.convert("RGB"))
    return plain


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
