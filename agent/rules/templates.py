"""What is wrong with the first text that an owner has written; said while it is written and when it is saved."""

from collections.abc import Iterator

from agent.business import Business
from agent.rules import template_cost as cost
from agent.rules import template_rules as rules
from agent.rules.template_finding import Finding
from agent.rules.template_text import Written

__all__ = ["Finding", "faults", "lint", "own_templates"]

_RULES = (
    rules.variables, rules.selling, rules.links, rules.emergency, rules.brand, rules.missed, rules.generic, rules.question,
    rules.length, rules.opt_out, rules.true, rules.available, cost.characters, cost.encoding, cost.parts,
)  # fmt: skip


def lint(business: Business, template: str, *, closed: bool) -> list[Finding]:
    """What every rule says of a template, in a fixed order; `closed`: of the text after hours."""
    written = Written(business, template, closed)
    return [rule(written) for rule in _RULES]


def faults(business: Business) -> list[str]:
    """The faults of the owner's own templates, in plain words with the mend; empty: none, or none is written."""
    return [
        f"{name}: {finding.words}"
        for name, template, closed in own_templates(business)
        for finding in lint(business, template, closed=closed)
        if not finding.ok
    ]


def own_templates(business: Business) -> Iterator[tuple[str, str, bool]]:
    """(field, template, whether it is for after hours) of those that the owner has written."""
    for name, template, closed in (
        ("first_text", business.first_text, False),
        ("after_hours_text", business.after_hours_text, True),
    ):
        if template and template.strip():
            yield name, template, closed
