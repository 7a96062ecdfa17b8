"""Choose the dialect of a command: by option, by the name of the program, or by the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netstat_core.dialects import NET_TOOLS, PROGRAMS
from netstat_core.errors import OptionError

VARIABLE = "NETSTAT_DIALECT"


def find_default(program: str, environment: Mapping[str, str]) -> str:
    """Return the dialect of a program: its own, else that of the environment, else net-tools."""
    return PROGRAMS.get(program) or environment.get(VARIABLE) or NET_TOOLS


def take_dialect(arguments: Sequence[str], default: str) -> tuple[list[str], str]:
    """Return the arguments without ``--dialect NAME``, and that name, the last one. It is found before all others.

    Raises OptionError for one without a name.
    """
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--dialect":
            default = next(words, "")
            if not default:
                raise OptionError("option '--dialect' requires an argument")
        elif word.startswith("--dialect="):
            default = word.partition("=")[2]
        else:
            rest.append(word)
    return rest, default
