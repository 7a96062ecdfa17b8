"""Another user who exchanges two names over and over: `python exchanger.py UID ONE OTHER`, until it is ended.

Each exchange is one step (RENAME_EXCHANGE), so that both names always stand for something. Prints a line once it began.
"""

from __future__ import annotations

import ctypes
import os
import sys

RENAME_EXCHANGE = 2
AT_FDCWD = -100


def main() -> None:
    """Drop all rights, and exchange."""
    uid, *names = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
    one, other = map(os.fsencode, names)
    rename = ctypes.CDLL(None, use_errno=True).renameat2
    if rename(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    sys.stdout.write("began\n")
    sys.stdout.flush()
    while os.getppid() != 1:
        rename(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)


if __name__ == "__main__":
    main()
