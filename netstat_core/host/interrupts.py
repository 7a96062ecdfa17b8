"""Distinguish SIGINT from a KeyboardInterrupt that a plugin raises, in processes of a command."""

from __future__ import annotations


class _State:
    """Process-wide state: whether SIGINT is handled here, and whether it arrived."""

    is_command = False
    is_watched = False
    has_arrived = False


def expect_commands() -> None:
    """Declare that this process is a command, so that :func:`watch` may install a signal handler."""
    _State.is_command = True


def watch() -> None:
    """Install the signal handler once, before code of plugins runs. Does nothing if the program has its own."""
    if _State.is_watched or not _State.is_command:
        return
    import signal  # noqa: PLC0415 - only with plugins that are not built in
    import threading  # noqa: PLC0415

    if threading.current_thread() != threading.main_thread():
        return

    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    # A command in the background of a shell ignores SIGINT: every KeyboardInterrupt is a plugin's then.
    _State.is_watched = handler in (signal.default_int_handler, signal.SIG_IGN)


def is_forged() -> bool:
    """True if the KeyboardInterrupt that is being handled was not caused by SIGINT."""
    return _State.is_watched and not _State.has_arrived


def _interrupt(_number: int, _frame: object) -> None:
    _State.has_arrived = True
    raise KeyboardInterrupt
