"""How long each kind of thing is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.business import Privacy

LEAST_DAYS = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From when on each kind is kept."""

    texts: datetime
    media: datetime
    voicemail: datetime
    calls: datetime
    consent: datetime


def limits(privacy: Privacy, now: datetime) -> Limits:
    """What is older than these goes; nothing of a caller is kept longer than the texts, but for consent."""
    days = privacy.retention_days

    def since(own: int | None) -> datetime:
        return now - min(own or days, days) * _DAY

    return Limits(
        texts=since(None),
        media=since(privacy.media_days),
        voicemail=since(privacy.voicemail_days),
        calls=since(privacy.calls_days),
        consent=now - max(privacy.consent_days, days) * _DAY,
    )
