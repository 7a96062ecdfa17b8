"""``python -m netstat_core`` is ``pynetstat``."""

import sys

from netstat_core.cli.main import main

sys.exit(main())
