"""Work for later, enqueued in the very transaction that makes it necessary."""

from typing import Protocol

import sqlalchemy as sa


class Jobs(Protocol):
    """Jobs of one thread run one at a time, in order of `seq`; the same key is enqueued once."""

    def turn(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        """Answer the thread's texts after `wait_s` seconds; `again` names a job that replaces a lost one."""

    def deliver(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        """Hand the text with this key to the carrier after `wait_s` seconds; `again` names a later try."""
