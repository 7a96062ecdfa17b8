"""Facts: a machine's network as look-up tables for configuration management, and what can be concluded from them."""

from netstat_core.facts.asking import facts_query
from netstat_core.facts.drift import drift
from netstat_core.facts.judging import NotSeen, listening_on
from netstat_core.facts.shape import FACTS_SCHEMA

__all__ = ["FACTS_SCHEMA", "NotSeen", "drift", "facts_query", "listening_on"]
