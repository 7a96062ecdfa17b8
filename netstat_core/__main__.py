"""Run ``pynetstat`` as ``python -m netstat_core``."""

import sys


def _leave_working_folder() -> None:
    """Import nothing from the working folder, which ``python -m`` puts first unless ``-I`` or ``-P`` is given."""
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]


if __name__ == "__main__":
    _leave_working_folder()
    from netstat_core.cli.entry import main

    sys.exit(main())
