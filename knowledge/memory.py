"""Gives memory that is free back to the machine."""

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """After work that took much for a moment; glibc would keep it."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
