"""Start ``pynetstat``: from the first line on, SIGINT ends the program without a traceback.

What is imported lives until the process ends. The cyclic garbage collector is off meanwhile, and is then told never to
look at it: not during the run, and not when the interpreter ends, which would take a seventh of a short run.
"""

from __future__ import annotations

import gc
import os
import signal

INTERRUPTED = 130


def main() -> int:
    """Import and run the command; return its exit status, 130 after SIGINT."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:  # nothing is written yet, and an exception in the middle of an import may be lost
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    gc.disable()
    from netstat_core.cli.main import main as run  # noqa: PLC0415 - after the handler is set

    gc.freeze()
    gc.enable()
    try:
        if is_default:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but the end of the interpreter
        gc.freeze()
