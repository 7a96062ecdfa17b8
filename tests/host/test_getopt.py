"""Options as GNU getopt_long takes them: its messages, clusters, abbreviations; each is acted on at its place."""

from __future__ import annotations

import getopt
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netstat_core.cli import main as entry
from netstat_core.dialects.getopt import OPERAND, Getopt, Option
from netstat_core.dialects.net_tools.options import OPTIONS
from netstat_core.errors import UsageError
from netstat_core.report.run import GENERATOR

AMBIGUOUS = "netstat: option '--{}' is ambiguous; possibilities: {}"

Pairs = list[tuple[str, str | None]]


def parsed(*arguments: str, options: tuple[Option, ...] = OPTIONS) -> Pairs:
    """Parse as the program ``netstat`` and name each option by its key."""
    return [(option.key, value) for option, value in Getopt("netstat", options).parse(arguments)]


def complaint(*arguments: str) -> str:
    """Return getopt's message for a mistake."""
    with pytest.raises(UsageError) as raised:
        parsed(*arguments)
    return str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("-K", "netstat: invalid option -- 'K'"),
        ("-tanK", "netstat: invalid option -- 'K'"),
        ("-t-n", "netstat: invalid option -- '-'"),
        ("--foo", "netstat: unrecognized option '--foo'"),
        ("--foo=bar", "netstat: unrecognized option '--foo=bar'"),
        ("--tcpx", "netstat: unrecognized option '--tcpx'"),
        ("--TCP", "netstat: unrecognized option '--TCP'"),
        ("-A", "netstat: option requires an argument -- 'A'"),
        ("-tanA", "netstat: option requires an argument -- 'A'"),
        ("--protocol", "netstat: option '--protocol' requires an argument"),
        ("--protoc", "netstat: option '--protocol' requires an argument"),
        ("--tcp=1", "netstat: option '--tcp' doesn't allow an argument"),
        ("--udpl=", "netstat: option '--udplite' doesn't allow an argument"),
        ("--num", AMBIGUOUS.format("num", "'--numeric' '--numeric-hosts' '--numeric-ports' '--numeric-users'")),
        ("--num=1", AMBIGUOUS.format("num=1", "'--numeric' '--numeric-hosts' '--numeric-ports' '--numeric-users'")),
        ("--numeric-", AMBIGUOUS.format("numeric-", "'--numeric-hosts' '--numeric-ports' '--numeric-users'")),
    ],
)
def test_messages(arguments: str, message: str) -> None:
    """A mistake is told in getopt's own words, with the full name of an abbreviated option."""
    assert complaint(*arguments.split()) == message


@pytest.mark.parametrize(
    ("arguments", "pairs"),
    [
        ("", []),
        ("-tan", [("tcp", None), ("all", None), ("numeric", None)]),
        ("-t -a -n", [("tcp", None), ("all", None), ("numeric", None)]),
        ("-eee", [("extend", None)] * 3),
        ("-Ainet", [("protocol", "inet")]),
        ("-A inet", [("protocol", "inet")]),
        ("-tA inet,unix -n", [("tcp", None), ("protocol", "inet,unix"), ("numeric", None)]),
        ("-tAn", [("tcp", None), ("protocol", "n")]),
        ("-A -n", [("protocol", "-n")]),
        ("-A --", [("protocol", "--")]),
        ("--protocol=inet", [("protocol", "inet")]),
        ("--protocol inet", [("protocol", "inet")]),
        ("--protocol=", [("protocol", "")]),
        ("--protocol=a=b", [("protocol", "a=b")]),
        ("--numeric --tcp", [("numeric", None), ("tcp", None)]),
        ("--nu", None),
        ("--numeric", [("numeric", None)]),
        ("--numeric-h", [("numeric_hosts", None)]),
        ("--tc", None),
        ("--udpl", [("udplite", None)]),
        ("--prog", [("programs", None)]),
        ("--program", [("programs", None)]),
        ("--lis", [("listening", None)]),
        ("--inte", [("interfaces", None)]),
        ("--interface", [("interfaces", None)]),
        ("--interfaces=eth0", [("interfaces", "eth0")]),
        ("-ieth0", None),
        ("-i eth0", [("interfaces", None), ("operand", "eth0")]),
        ("eth0 -t 5", [("operand", "eth0"), ("tcp", None), ("operand", "5")]),
        ("-t -- -n --tcp --", [("tcp", None), ("operand", "-n"), ("operand", "--tcp"), ("operand", "--")]),
        ("- -t", [("operand", "-"), ("tcp", None)]),
    ],
)
def test_forms(arguments: str, pairs: Pairs | None) -> None:
    """Clusters, attached and separate arguments, abbreviations, operands between options and behind ``--``."""
    if pairs is None:
        assert complaint(*arguments.split()).startswith("netstat: ")
    else:
        assert parsed(*arguments.split()) == pairs


OWN = [(option, name) for option in OPTIONS for name in option.long if option.own]
THEIRS = [(option, name) for option in OPTIONS for name in option.long if not option.own]


@pytest.mark.parametrize(("option", "name"), OWN, ids=[name for _, name in OWN])
def test_own_options_are_not_abbreviated(option: Option, name: str) -> None:
    """Options that netstat does not have are taken by their whole name only."""
    argument = "=x" if option.argument else ""
    assert parsed(f"--{name}{argument}") == [(option.key, argument[1:] or None)]
    for length in range(1, len(name)):
        is_another = name[:length] in {other for _, other in OWN}
        if not is_another and not any(other.startswith(name[:length]) for _, other in THEIRS):
            assert complaint(f"--{name[:length]}") == f"netstat: unrecognized option '--{name[:length]}'"


@pytest.mark.parametrize(("option", "name"), THEIRS, ids=[name for _, name in THEIRS])
def test_abbreviations_are_netstats_own(option: Option, name: str) -> None:
    """Every prefix of one of netstat's options means what it meant before ours were added: that one, or several."""
    for length in range(1, len(name)):
        prefix = name[:length]
        meant = {other.key for other, full in THEIRS if full.startswith(prefix)}
        whole = {other.key for other, full in THEIRS if full == prefix}
        if len(whole or meant) == 1:
            value = None if option.argument is None or option.optional else "x"
            assert parsed(f"--{prefix}", *([value] if value else [])) == [((whole or meant).pop(), value)]
        else:
            assert not re.findall("|".join(f"'--{own}'" for _, own in OWN), complaint(f"--{prefix}"))


def test_declarations_are_unambiguous() -> None:
    """No letter and no long name is declared twice, and every option is in a group and explained."""
    letters = [letter for option in OPTIONS for letter in option.short]
    names = [name for option in OPTIONS for name in option.long]
    assert len(letters) == len(set(letters))
    assert len(names) == len(set(names))
    assert all(option.group and option.help and (option.short or option.long) for option in OPTIONS)
    assert len({option.key for option in OPTIONS}) == len(OPTIONS)


FEW = (
    Option("a", "a", ("alpha",)),
    Option("b", "b", ("beta",), "X"),
    Option("c", "c", ("alphabet",)),
    Option("d", "d", ("delta", "d-long")),
)
WORDS: tuple[str, ...] = (
    "-a",
    "-ab",
    "-b",
    "-bx",
    "-cad",
    "-x",
    "--alpha",
    "--alp",
    "--alphab",
    "--be",
    "--beta=1",
    "--beta",
    "--del",
)
WORDS += ("--d-", "--zeta", "--alpha=1", "--", "-", "operand", "x", "")
KEYS = {"-a": "a", "--alpha": "a", "-b": "b", "--beta": "b", "-c": "c", "--alphabet": "c"}
KEYS |= dict.fromkeys(("-d", "--delta", "--d-long"), "d")


@given(arguments=st.lists(st.sampled_from(WORDS), max_size=5))
@example(arguments=["--alp"])
@example(arguments=["--", "--"])
def test_agrees_with_the_standard_library(arguments: list[str]) -> None:
    """Python's own GNU-style getopt takes the same options, values and operands, and refuses the same lines."""
    long = ["alpha", "beta=", "alphabet", "delta", "d-long"]
    try:
        options, operands = getopt.gnu_getopt(arguments, "ab:cd", long)
    except getopt.GetoptError:
        with pytest.raises(UsageError):
            parsed(*arguments, options=FEW)
        return
    mine = parsed(*arguments, options=FEW)
    assert [value for key, value in mine if key == OPERAND.key] == operands
    assert [(key, value or "") for key, value in mine if key != OPERAND.key] == [(KEYS[o], v) for o, v in options]


def run(*arguments: str, program: str = "pynetstat") -> tuple[bytes, bytes, int]:
    """Run the command on streams of its own."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr, program)
    return stdout.getvalue(), stderr.getvalue(), status


VERSION = f"{GENERATOR}\n".encode()


@pytest.mark.parametrize("arguments", ["-V", "-tV -K", "--version --nope", "-VK", "-V -A nope", "-V -h", "--vers -?"])
def test_version_wins_over_later_mistakes(arguments: str) -> None:
    """An option that acts at once is done before anything behind it is looked at."""
    assert run(*arguments.split()) == (VERSION, b"", 0)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("-K -V", b"pynetstat: invalid option -- 'K'"),
        ("-KV", b"pynetstat: invalid option -- 'K'"),
        ("--nope --version", b"pynetstat: unrecognized option '--nope'"),
        ("--num -h", b"pynetstat: option '--num' is ambiguous"),
    ],
)
def test_mistakes_win_over_later_actions(arguments: str, line: bytes) -> None:
    """A mistake is told, with the usage on standard error and status 3, though ``-V`` or ``-h`` stand behind it."""
    stdout, stderr, status = run(*arguments.split())
    assert (stdout, status) == (b"", 3)
    assert stderr.startswith(line)
    assert stderr.split(b"\n")[1].startswith(b"usage: ")


@pytest.mark.parametrize("arguments", ["-A nope -V", "-A inet,nope -K", "--protocol=nope -h", "-Anope"])
def test_unknown_families_end_at_their_place(arguments: str) -> None:
    """A family that does not exist is told in netstat's words and status, without usage."""
    assert run(*arguments.split()) == (b"", b"Unknown address family `nope'.\n", 1)


def test_help_is_on_standard_output_and_usage_on_error() -> None:
    """``-h`` prints the help with status 0, ``-?`` the same text on standard error with status 3."""
    helped, asked = run("-h", "-K"), run("-?", "-h")
    assert (helped[1], helped[2]) == (b"", 0)
    assert (asked[0], asked[2]) == (b"", 3)
    assert helped[0] == asked[1] != b""


def test_messages_bear_the_programs_name() -> None:
    """Getopt's lines begin with the name the program was called by; netstat's fixed ones do not."""
    assert run("-K", program="netstat")[1].startswith(b"netstat: invalid option")
    assert run("-K", program="pynetstat")[1].startswith(b"pynetstat: invalid option")
    assert run("-A", "nope", program="elsewhere")[1] == b"Unknown address family `nope'.\n"
