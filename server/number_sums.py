"""The sums of each number's texts are brought up to date as time passes, a business at a time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.store import number_health

EVERY_S = 600.0


@dataclass(frozen=True, kw_only=True)
class NumberSums:
    """Safe beside the same work elsewhere: the same sums are written again."""

    database: sa.Engine

    def begin(self, now: datetime) -> int:
        """Where nothing was ever summed up, all that will be read is."""
        with self.database.connect() as connection:
            days = number_health.DAYS if number_health.is_empty(connection) else 2
        return self._look(now, days)

    def look(self, now: datetime) -> int:
        return self._look(now, 2)

    def _look(self, now: datetime, days: int) -> int:
        with self.database.connect() as connection:
            found = number_health.businesses_of(connection)
        for slug in found:
            with self.database.begin() as connection:
                number_health.recount(connection, slug, now, days)
        with self.database.begin() as connection:
            number_health.forget(connection, now)
        return 0
