"""Telling the interrupt of a person from one that a plugin raises, in a process that is a command's own."""

from __future__ import annotations

import threading


class _Interrupts:
    """Whether signals are listened to, and whether one came."""

    is_command = False
    is_watched = False
    came = False


def expect_commands() -> None:
    """This process is a command's: nobody else minds how it treats signals."""
    _Interrupts.is_command = True


def watch() -> None:
    """From now on it is known whether an interrupt was a signal; called before code of plugins runs."""
    if _Interrupts.is_watched or not _Interrupts.is_command or threading.current_thread() != threading.main_thread():
        return
    import signal  # noqa: PLC0415 - where there are plugins of others

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
        _Interrupts.is_watched = True


def is_forged() -> bool:
    """Whether a KeyboardInterrupt that is being handled is not one of a person."""
    return _Interrupts.is_watched and not _Interrupts.came


def _interrupt(_number: int, _frame: object) -> None:
    _Interrupts.came = True
    raise KeyboardInterrupt
