"""Run ``pynetstat`` as ``python -m netstat_core``."""

import sys

from netstat_core.cli.main import main

sys.exit(main())
