"""Start ``pynetstat``: from the first line on, SIGINT ends the program without a traceback."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130


def main() -> int:
    """Import and run the command; return its exit status, 130 after SIGINT."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:  # nothing is written yet, and an exception in the middle of an import may be lost
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from netstat_core.cli.main import main as run  # noqa: PLC0415 - after the handler is set

    try:
        if is_default:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but the end of the interpreter
