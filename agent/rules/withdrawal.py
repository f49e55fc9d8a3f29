"""Does a caller take back that a person is needed? A call for help that is dropped by mistake is worse than one too many."""

from collections.abc import Sequence

from agent.data import rule_data
from agent.model import Urgency
from agent.rules import urgency
from agent.rules.normal import first_match, normal, pattern, words_only


def is_withdrawn(text: str) -> bool:
    """It says that nobody is needed any more, and nothing against it."""
    rules, said = rule_data("withdrawal"), normal(text)
    return (
        first_match(rules["takes_back"], said) is not None
        and first_match(rules["against"], said) is None
        and urgency.read(text).urgency is Urgency.ROUTINE
    )


def stands(bodies: Sequence[str]) -> bool:
    """The caller's texts, oldest first, end with a withdrawal, or with courtesies after one."""
    said = [body for body in bodies if not _is_courtesy(body)]
    return bool(said) and is_withdrawn(said[-1])


def _is_courtesy(body: str) -> bool:
    courtesies = rule_data("withdrawal")["courtesies"]
    return pattern(f"({courtesies})*").fullmatch(words_only(body)) is not None
