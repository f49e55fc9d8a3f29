"""What an OpenAI-compatible server takes, found out by asking: not every server knows every parameter."""

from threading import Lock
from typing import Any

from server.adapters.mind_openai_answer import SCHEMA

_SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "reading", "strict": True, "schema": SCHEMA},
}
_FORMATS: tuple[dict[str, Any] | None, ...] = (_SCHEMA, {"type": "json_object"}, None)
"""Best first; None: the prompt alone asks for JSON."""
_WISHES: dict[str, Any] = {
    "temperature": 0,
    "reasoning_effort": "low",
    "max_completion_tokens": 1500,
}
"""Taken where they are known: the same answer each time, soon, and not without end."""


_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "schema")


class Dialect:
    """Starts with everything and drops what the server refuses; shared by the threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._format, self._is_proven = 0, False
        self._wishes = dict(_WISHES)

    def parameters(self) -> dict[str, Any]:
        """Of the next request, beside model and messages."""
        with self._lock:
            form = _FORMATS[self._format]
            return self._wishes | ({"response_format": form} if form else {})

    def worked(self) -> None:
        """The last form was taken: a later refusal that names nothing is not about it."""
        self._is_proven = True

    def learn(self, refusal: str, asked: dict[str, Any]) -> bool:
        """Drop what a refused request asked for in vain.

        Args:
            refusal: the server's own words.
            asked: the parameters of that request; another thread may have learned the same meanwhile.

        Returns:
            False: there is nothing left to drop, or it was not about the form.
        """
        with self._lock:
            named = next((name for name in asked if name in refusal and name in _WISHES), None)
            if named:
                self._wishes.pop(named, None)
                return True
            form = _FORMATS[self._format]
            if asked.get("response_format") is not form:
                return True
            names_it = any(words in refusal for words in _FORMAT_WORDS)
            if form is None or (self._is_proven and not names_it):
                self._format = 0 if not self._is_proven else self._format
                return False
            self._format += 1
            return True
