"""Structured logs: one line for each outcome, with ids, never a body, an address or a secret."""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.settings import Settings

# What must not be written even by mistake. The rule is not to pass them; this is the net below.
_SECRETS: Final = {"text", "html", "body", "to", "cc", "bcc", "email"} | {
    "secret",
    "secrets",
    "key",
    "keys",
    "authorization",
    "url",
    "settings",
}


def _without_secrets(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    for name in _SECRETS & line.keys():
        line[name] = "[kept out]"
    return line


def _without_words(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """An exception as its type and frames. Its words may be a row of somebody's mail: Postgres
    says "Failing row contains (...)".
    """
    info = line.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        line["error"] = type(error).__qualname__
        line["frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-12:]
        ]
    return line


def configure(settings: Settings, service: str) -> None:
    """For the whole process: ours, and what libraries log by `logging`."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _naming(service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
        _without_words,
    ]
    finish: list[Processor] = (
        [structlog.processors.JSONRenderer(_json)] if as_json else [structlog.dev.ConsoleRenderer()]
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over_logging(level, shared, finish)


def _json(line: EventDict, default: Callable[[Any], Any], **_: Any) -> str:
    """A third of the standard library's time: every request writes a line. What only that one
    can write (half a surrogate pair, a key that is no text) must not raise in who logs it.
    """
    try:
        return orjson.dumps(line, default=default).decode()
    except TypeError:
        return json.dumps(line, default=default)


def _naming(service: str) -> Processor:
    """Not by a context variable: threads begin with none."""

    def name(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line["service"] = service
        return line

    return name


def _take_over_logging(level: int, shared: list[Processor], finish: list[Processor]) -> None:
    """Libraries speak up from WARNING on: dramatiq and botocore tell a line a job at INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger of a module; bind ids to it, not words."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger
