"""A model that fails again and again is left alone for a while; then one turn tries it for all."""

from threading import Lock

FAILURES, REST_S, LONGEST_REST_S = 3, 30.0, 600.0
"""After so many failed turns in a row it rests; the longest rest that a server may ask for."""


class Breaker:
    """Shared by the threads of one process; moments are seconds of a clock that never goes back.

    Our own, since pybreaker holds a lock while it calls, so that turns would wait for one another.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._rests_until = float("-inf")

    def allows(self, now: float) -> bool:
        """After a rest the first who asks may try, and the others wait for how it ends."""
        with self._lock:
            if now < self._rests_until:
                return False
            if self._failures >= FAILURES:
                self._rests_until = now + REST_S
            return True

    def worked(self) -> None:
        with self._lock:
            self._failures, self._rests_until = 0, float("-inf")

    def failed(self, now: float, wait_s: float = 0.0) -> None:
        """Args: wait_s: so long the server asked to be left alone; 0: it did not say."""
        with self._lock:
            self._failures += 1
            rest = REST_S if self._failures >= FAILURES else 0.0
            rest = max(rest, min(wait_s, LONGEST_REST_S))
            self._rests_until = max(self._rests_until, now + rest) if rest else self._rests_until
