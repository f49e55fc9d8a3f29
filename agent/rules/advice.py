"""Does a text ask for advice that only a professional may give? Health and law offices give none by text.

Dosage, diagnosis, reassurance on symptoms; what to sign, to plead, to say (45 CFR 164.502; ABA Formal Opinion 512).
"""

from agent.business import Business
from agent.data import rule_data
from agent.model import Reason
from agent.rules import packs
from agent.rules.normal import first_match, normal


def asked(business: Business, text: str, *, answered: bool) -> Reason | None:
    """`medical_advice`, `legal_advice`, or None.

    Args:
        answered: the owner's own documents answer the question; then only what nobody may say by text counts.
    """
    field = _field(business)
    if field is None:
        return None
    rules = rule_data("facts")[field]
    sources = rules["always"] if answered else [*rules["always"], *rules["advice"]]
    return Reason(f"{field}_advice") if first_match(sources, normal(text)) else None


def _field(business: Business) -> str | None:
    trade = packs.name(business.industry)
    if trade == "law":
        return "legal"
    return "medical" if packs.is_health(business) or trade == "vet" else None
