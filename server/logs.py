"""How log lines look: readable for people, or JSON for collectors. Never a text's words or a whole number."""

import logging
import sys
from typing import Literal

import structlog


def set_up(log_format: Literal["text", "json"]) -> None:
    """Everything goes to standard error, so that commands can write results to standard output."""
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
