"""A plugin that needs what is not installed."""

import netstat_not_installed  # type: ignore[import-not-found]  # noqa: F401

API = 0
