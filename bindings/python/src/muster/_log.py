"""Lines of the library's log, handed to ``logging.getLogger("muster")``."""

from __future__ import annotations

import logging

from ._abi import LogLevel, Result
from ._errors import Invalid
from ._values import decoded

logger = logging.getLogger("muster")

_LEVELS: dict[int, int] = {
    LogLevel.ERROR: logging.ERROR,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.INFO: logging.INFO,
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.TRACE: 5,
}


def threshold(level: int | str | None) -> LogLevel | None:
    """The library's level for one of Python: a number, a name, or None for what the logger lets
    through now. None where nothing of the library is that grave."""
    if level is None:
        level = logger.getEffectiveLevel()
    elif isinstance(level, str):
        level = _number(level)
    wanted = [mine for mine in LogLevel if _LEVELS[mine] >= level]
    return max(wanted, default=None)


def write(level: int, line: bytes) -> None:
    logger.log(_LEVELS.get(level, logging.DEBUG), "%s", decoded(line))


def _number(name: str) -> int:
    if name.upper() == "TRACE":
        return _LEVELS[LogLevel.TRACE]
    number = logging.getLevelName(name.upper())
    if not isinstance(number, int):
        raise Invalid(
            Result.E_INVALID,
            f"log_level is '{name}'; allowed are error, warning, info, debug, trace, or a number of logging",
        )
    return number
