"""How log lines look: readable for people, or JSON for collectors. Never a text's words or a whole number, unless asked for."""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

_WORDS = frozenset({"body", "text", "said", "words", "name", "address", "email"})
"""Keys whose values people have written, or are."""
_OWN_HANDLERS = ("dbos", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers of others that would write past us."""
_PLAIN = (bool, int, float, type(None))
_SHOWS_FOUR = 10
"""Digits from which on a number's last four are shown, else two."""

_BEFORE = r"(?:(?<![0-9A-Za-z])(?<!\d\.)|(?<=\\[nrt]))"
_NUMBER = re.compile(
    r"(?P<plus>(?:\+|%2B)\d{7,15}(?!\d)"  # E.164
    r"|\+\d{1,3}(?:[ .()-]{1,2}\d{1,4}){2,6}(?!\d))"  # the same, as people write it
    rf"|{_BEFORE}(?:1[ .-]?)?\(?\d{{3}}\)?[ .-]?\d{{3}}[ .-]?\d{{4}}(?![0-9A-Za-z])"  # 303-555-0199
    rf"|{_BEFORE}\d{{10,15}}(?![0-9A-Za-z])",  # E.164 without its plus
    re.IGNORECASE,
)
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_WRITTEN = re.compile(
    rf"""(?P<key>\b(?:{"|".join(sorted(_WORDS))})['"]?\s?[=:]\s?){_QUOTED}""", re.IGNORECASE
)
_QUOTING = (  # what errors of others quote: SQLAlchemy, PostgreSQL, Pydantic
    (re.compile(r"\[parameters: .*\]"), "[parameters: hidden]"),
    (re.compile(r"Failing row contains \(.*"), "Failing row contains (hidden)"),
    (re.compile(r"input_value=.*(?=, input_type=)"), "input_value=hidden"),
)


def set_up(log_format: Literal["text", "json"], personal: bool = False) -> None:
    """Everything goes to standard error, so that commands can write results to standard output.

    Args:
        personal: write what people said and their whole numbers.
    """
    ending = _ending(log_format, personal)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, *ending],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.processors.format_exc_info,
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OWN_HANDLERS:
        _pass_on(logging.getLogger(name))
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def hide_personal(_logger: object, _level: str, event: EventDict) -> EventDict:
    """A log line without words that people wrote, and with every phone number masked."""
    return {masked(key): without_personal(value) for key, value in event.items() if _may_show(key)}


def without_personal(value: object) -> Any:
    """The same for any value; what is no plain value becomes its `repr`."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return hide_personal(None, "", {str(key): one for key, one in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [without_personal(one) for one in value]
    return masked(repr(value))


def masked(words: str) -> str:
    """+13035550199 -> +1******0199, wherever it stands; what errors and reprs quote of texts is left out."""
    for quoting, instead in _QUOTING:
        words = quoting.sub(instead, words)
    return _NUMBER.sub(_mask, _WRITTEN.sub(r"\g<key>hidden", words))


def _mask(found: re.Match[str]) -> str:
    digits = re.sub(r"%2B|\D", "", found[0], flags=re.IGNORECASE)
    first = f"+{digits[0]}" if found["plus"] else ""
    return f"{first}******{digits[-4:] if len(digits) >= _SHOWS_FOUR else digits[-2:]}"


def _may_show(key: str) -> bool:
    return key.lower() not in _WORDS


def _ending(log_format: Literal["text", "json"], personal: bool) -> list[Processor]:
    """What every line goes through last; exceptions are strings by then."""
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the default shows local variables
        )
    )
    return [
        *([] if personal else [hide_personal]),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        renderer,
    ]


def _pass_on(logger: logging.Logger) -> None:
    """Through our handler alone; DBOS adds one of its own where it finds none."""
    logger.handlers = [logging.NullHandler()]
    logger.propagate = True


def _crashed(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    structlog.get_logger().error("crashed", exc_info=(kind, error, trace))


def _thread_crashed(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_type is not SystemExit:
        _crashed(crash.exc_type, crash.exc_value, crash.exc_traceback)
