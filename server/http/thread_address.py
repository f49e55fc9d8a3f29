"""The conversation that a page's address names."""

from agent.errors import NotFound
from server.store import accounts, threads

_SHORTEST_NUMBER = 7
"""Digits of the shortest E.164 number here; carriers' short codes have fewer."""


def thread_of_page(viewer: accounts.Account, digits: str) -> str:
    """The thread of a number as the page's address has it: without +; short codes and words stay as they are.

    Raises:
        NotFound: it is a phone of the staff: links to sign in and codes are texted there.
    """
    is_number = digits.isdigit() and len(digits) >= _SHORTEST_NUMBER
    caller = f"+{digits}" if is_number else digits
    if caller in viewer.own_phones:
        raise NotFound("There is no such conversation.")
    return threads.thread_id(viewer.business, caller)
