"""Facts: a machine's network as look-up tables for configuration management, and what can be concluded from them."""

from netstat_core.facts.asking import facts_query
from netstat_core.facts.shape import FACTS_SCHEMA

__all__ = ["FACTS_SCHEMA", "facts_query"]
