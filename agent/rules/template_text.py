"""A template as the rules look at it: as written, as filled, as it would leave."""

from dataclasses import dataclass
from functools import cached_property

from agent.business import Business
from agent.rules import filling, language, must_say, packs
from agent.rules.first_text import as_sent
from agent.rules.normal import normal
from agent.rules.segments import plain
from agent.rules.sentences import sentences

_SAMPLES = {
    ("en", False): "in a few minutes",
    ("en", True): "tomorrow at 8 AM",
    ("es", False): "en unos minutos",
    ("es", True): "mañana a las 8 AM",
}


@dataclass(frozen=True)
class Written:
    """A template with what the rules look at."""

    business: Business
    template: str
    closed: bool

    @cached_property
    def language(self) -> str:
        return language.read(self.template)

    @cached_property
    def sent(self) -> str:
        """As it would leave, with likely values and the lines that are added."""
        return as_sent(self.business, self.template, self._values, self.language)

    @cached_property
    def filled(self) -> str:
        return plain(filling.fill(self.template, self._values))

    @property
    def limit(self) -> int:
        """Segments."""
        is_plain = self.language == packs.LANGUAGES[0]
        return 1 if is_plain and not self.closed and not packs.is_health(self.business) else 2

    @property
    def statements(self) -> str:
        """What it states, folded: questions and variables left out."""
        stated = [one for one in sentences(self.template) if not one.endswith("?")]
        return normal(" . ".join(stated))

    @property
    def _values(self) -> dict[str, str]:
        soon = _SAMPLES[self.language, self.closed]
        at = "a las" if self.language == "es" else "at"
        return {
            "business": self.business.name,
            "call_time": "3:42 PM",
            filling.AT + "call_time": f"{at} 3:42 PM",
            "first_name": "Maria",
            "booking_link": self.business.links.booking or "",
            **{name: soon for one in ("expect", "free_at") for name in (one, filling.AT + one)},
        }

    @property
    def own_words(self) -> str:
        """Without the lines that law asks for."""
        return " ".join(one for one in sentences(self.filled) if not must_say.is_line(one))
