"""The conversation that a page's address names."""

from server.store import accounts, threads

_SHORTEST_NUMBER = 7
"""Digits of the shortest E.164 number here; carriers' short codes have fewer."""


def thread_of_page(viewer: accounts.Account, digits: str) -> str:
    """The thread of a number as the page's address has it: without +; short codes and words stay as they are."""
    is_number = digits.isdigit() and len(digits) >= _SHORTEST_NUMBER
    return threads.thread_id(viewer.business, f"+{digits}" if is_number else digits)
