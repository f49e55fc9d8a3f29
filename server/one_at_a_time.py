"""Work that several threads want at once, done by one of them at a time for those who wait."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class OneAtATime(Generic[T]):
    """Whoever waited for work that began after he came shares what came of it, an error too; others do their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments = count(1)
        self._began = 0
        self._last: Future[T] = Future()

    def do(
        self,
        work: Callable[[], T],
        *,
        alone: bool = False,
        unless: Callable[[], bool] = lambda: False,
    ) -> T | None:
        """What came of the work.

        Args:
            work: not to be done by two at once.
            alone: what others did will not do.
            unless: asked when it is one's turn; None is returned when the work is not needed any more.
        """
        came = next(self._moments)
        with self._lock:
            if self._began > came and not alone:
                return self._last.result()
            if unless():
                return None
            self._began, self._last = next(self._moments), Future()
            try:
                self._last.set_result(work())
            except BaseException as error:
                self._last.set_exception(error)
                raise
            return self._last.result()
