"""Work that is given up in time, whatever it waits for."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do `work` in a thread that keeps no process alive; after the time it goes on unheard.

    Raises:
        TimeoutError: it has not ended in time.
    """
    outcome: Future[T] = Future()
    Thread(target=_do, args=(work, outcome), daemon=True).start()
    return outcome.result(seconds)


def _do(work: Callable[[], T], outcome: Future[T]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        outcome.set_exception(error)
