"""Documents that name another price for a service than the price list: callers are told what the documents say."""

import re
from collections.abc import Sequence

from agent.business import Business, Service
from agent.model import Passage
from agent.rules.prices import amounts


def told_otherwise(services: Sequence[Service], passages: Sequence[Passage]) -> list[str]:
    """What an owner should know who has just priced these services; a sentence for each document."""
    return [
        f"{name} names another price for {service.name}, and callers are told that one: change it there as well."
        for service in services
        for name in dict.fromkeys(one.document for one in passages if _differs(one, service))
    ]


def priced_anew(before: Business, after: Business) -> list[Service]:
    """The services whose price is another one now."""
    old = {service.id: service.price for service in before.services}
    return [one for one in after.services if one.price and old.get(one.id) != one.price]


def _differs(passage: Passage, service: Service) -> bool:
    said = amounts(passage.text)
    names = "|".join(re.escape(name) for name in (service.name, *service.aliases))
    about = " ".join((passage.heading, passage.text, *passage.phrasings))
    is_about = re.search(rf"\b(?:{names})\b", about, re.IGNORECASE)
    return bool(said and is_about and said.isdisjoint(amounts(service.price or "")))
