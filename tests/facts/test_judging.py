"""Whether something listens, concluded from facts: yes by what was seen, no only where all was looked at."""

from __future__ import annotations

from typing import Any

import pytest
from facts.made_facts import MACHINE, because, covering, machine, without
from hypothesis import given
from hypothesis import strategies as some

from netstat_core.answers.listening import HIGHEST_PORT, NotSeen, Port, closed_on, listening_on, parse_port
from netstat_core.errors import NetstatError, UsageError


@pytest.mark.parametrize("port", [22, "22", "tcp/22", "TCP/22", " tcp/22 ", "22/tcp", "22/TCP"])
def test_a_port_is_written_as_people_write_it(port: str | int) -> None:
    """A bare number is a TCP port, a protocol stands before it or behind it, and is known in any case."""
    assert listening_on(machine(), port)
    assert not closed_on(machine(), port)


@pytest.mark.parametrize("port", ["tcp/23", 23, "udp/22", "raw/1"])
def test_nothing_listens_where_nothing_was_found_and_all_was_looked_at(port: str | int) -> None:
    """A port that is not among the listeners of a protocol that was read whole is closed."""
    assert not listening_on(machine(), port)
    assert closed_on(machine(), port)


@pytest.mark.parametrize(
    ("port", "address"),
    [
        ("tcp/22", "0.0.0.0"),
        ("tcp/22", "127.0.0.1"),  # a wildcard serves each address
        ("tcp/22", "::"),
        ("tcp/80", "0.0.0.0"),  # :: takes IPv4 too
        ("tcp/80", "192.0.2.7"),
        ("tcp/80", "::ffff:192.0.2.7"),
        ("tcp/5432", "127.0.0.1"),
        ("tcp/5432", "2001:0DB8:0:0::5"),
        ("tcp/8080", "fe80::1"),
        ("udp/53", "192.0.2.7"),
    ],
)
def test_an_address_is_served_by_itself_or_by_a_wildcard(port: str, address: str) -> None:
    """What is sent to an address arrives at a socket bound to it, or to all addresses of its IP version."""
    assert listening_on(machine(), port, address=address)


@pytest.mark.parametrize(
    ("port", "address"),
    [
        ("tcp/8080", "0.0.0.0"),  # v6-only
        ("tcp/8080", "127.0.0.1"),
        ("tcp/5432", "0.0.0.0"),  # some addresses are not all
        ("tcp/5432", "::"),
        ("tcp/5432", "192.0.2.7"),
        ("udp/53", "::"),  # an IPv4 wildcard takes no IPv6
        ("udp/53", "::1"),
    ],
)
def test_an_address_is_not_served_by_others(port: str, address: str) -> None:
    """A socket on another address, or on :: for IPv6 only, does not count."""
    assert not listening_on(machine(), port, address=address)


def test_a_wildcard_of_which_it_is_unknown_whether_it_is_v6_only_counts_for_ipv4() -> None:
    """Files of /proc do not tell IPV6_V6ONLY; sockets lack it unless somebody sets it."""
    facts = machine()
    facts["listening"]["tcp/80"]["v6_only"] = None
    assert listening_on(facts, "tcp/80", address="0.0.0.0")


@pytest.mark.parametrize(
    ("port", "process"),
    [("tcp/22", "sshd"), ("tcp/5432", "postgre*"), ("tcp/22", "[s]shd"), ("udp/53", "systemd-resolved")],
)
def test_a_process_is_told_by_its_name_or_a_pattern(port: str, process: str) -> None:
    """Names are exact, patterns those of shells; a name longer than the kernel keeps is compared as far as it goes."""
    assert listening_on(machine(), port, process=process)


@pytest.mark.parametrize(
    ("port", "process"), [("tcp/22", "ssh"), ("tcp/22", "SSHD"), ("tcp/22", "dropbear"), ("udp/53", "systemd-network")]
)
def test_a_process_of_another_name_does_not_count(port: str, process: str) -> None:
    """Where all owners were seen, another name is a no."""
    assert not listening_on(machine(), port, process=process)


def test_address_and_process_are_asked_of_the_same_socket() -> None:
    """Two services on one port are told apart where facts have the sockets."""
    facts = machine()
    facts["listening"]["udp/53"]["sockets"] = [
        {"address": "127.0.0.1", "v6_only": None, "processes": ["dnsmasq"], "owner_seen": True},
        {"address": "10.0.0.1", "v6_only": None, "processes": ["named"], "owner_seen": True},
        {"address": "::", "v6_only": True, "processes": ["other"], "owner_seen": True},
    ]
    assert listening_on(facts, "udp/53", address="10.0.0.1", process="named")
    assert not listening_on(facts, "udp/53", address="10.0.0.1", process="dnsmasq")
    assert not listening_on(facts, "udp/53", address="0.0.0.0")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (covering(protocols=["udp", "unix"]), "the facts cover udp, unix, but tcp not"),
        (without("listening"), "no sockets were gathered"),
        (covering(where="local_port < 1024"), "local_port < 1024"),
        (covering(families=["inet"]), "no sockets of inet6"),
        (machine(covers={}), "no protocol"),
    ],
)
def test_what_was_not_looked_at_is_not_called_closed(facts: dict[str, Any], says: str) -> None:
    """Facts that do not cover a port raise NotSeen, which says why in one sentence."""
    with pytest.raises(NotSeen, match=r"^whether anything listens on tcp/23 could not be seen: ") as caught:
        listening_on(facts, "tcp/23")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_reason_that_facts_give_is_passed_on() -> None:
    """Who reads the message need not look into the facts for what went wrong."""
    facts = covering(protocols=["udp"]) | {"complete": False, "incomplete_because": because("sock_diag: no\nroom", "b")}
    with pytest.raises(NotSeen, match=r"the facts say: sock_diag: no\\x0aroom \(and 1 further reasons\)$"):
        listening_on(facts, 23)


@pytest.mark.parametrize("owners", ["some", None])
def test_an_owner_out_of_sight_is_not_called_absent(owners: str | None) -> None:
    """A process that was not found is only then not there if all were looked into."""
    with pytest.raises(NotSeen, match=r"^whether dropbear holds tcp/22 .* gather as root \(become\)"):
        listening_on(covering(owners=owners), "tcp/22", process="dropbear")


def test_missing_owners_do_not_matter_where_nobody_asks_for_them() -> None:
    """Incompleteness counts only where it could change the answer."""
    facts = covering(owners="none") | {"complete": False, "incomplete_because": because("not allowed", about="owners")}
    assert not listening_on(facts, "tcp/23")
    assert not listening_on(facts, "tcp/23", process="telnetd")
    assert not listening_on(facts, "tcp/8080", address="0.0.0.0", process="java")
    assert listening_on(facts, "tcp/22", process="sshd")


def test_what_was_seen_needs_nothing_else_to_be_seen() -> None:
    """A listener is proof, however incomplete the facts are."""
    facts = covering(protocols=[], families=[], where="local_port == 22", owners="none")
    assert listening_on(facts, "tcp/22", address="192.0.2.7", process="sshd")


def test_ipv6_alone_answers_for_ipv6_addresses() -> None:
    """An IPv4 socket never takes IPv6, while the other way round it may."""
    facts = covering(families=["inet6"])
    assert not listening_on(facts, "tcp/23", address="::1")
    with pytest.raises(NotSeen, match="inet"):
        listening_on(facts, "tcp/23", address="127.0.0.1")


def test_a_namespace_is_asked_like_a_machine() -> None:
    """Facts of a namespace have no schema of their own, and answer all the same."""
    blue = without("schema", "hostname", "captured_at")
    assert listening_on(machine(namespaces={"blue": blue})["namespaces"]["blue"], "tcp/22")


@pytest.mark.parametrize("wrap", [{"ansible_facts": {"netstat": MACHINE}, "changed": False}, {"netstat": MACHINE}])
def test_a_result_of_a_task_stands_for_its_facts(wrap: dict[str, Any]) -> None:
    """Who registered the gathering task, or saved the facts of the command line, need not dig."""
    assert listening_on(wrap, "tcp/22")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (None, "of type NoneType"),
        ([], "of type list"),
        ("{}", "from_json"),
        ({}, "because they lack covers"),
        (machine(schema="urn:netstat:facts:9"), "urn:netstat:facts:9"),
        (machine(covers=[]), "because they lack covers"),
        (machine(listening=[]), "damaged: listening"),
        (machine(listening={"tcp/22": 1}), "damaged: listening"),
        (machine(listening={"tcp/22": {"addresses": 7}}), "damaged: addresses"),
        (machine(listening={"tcp/22": {"sockets": [7]}}), "damaged: sockets"),
        (machine(listening={"tcp/22": {"addresses": ["::"], "processes": [{}]}}), "damaged: processes"),
    ],
)
def test_what_are_no_facts_are_refused_in_one_line(facts: Any, says: str) -> None:
    """Anything else than facts is an error that tells what it is, and no traceback."""
    with pytest.raises(UsageError, match=says) as caught:
        listening_on(facts, "tcp/22", process="x")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "port", ["ssh", "tcp/ssh", "tcp/65536", "/22", "22/", "tcp/22/tcp", "22/80", "", None, True, -1, "tcp/²"]
)
def test_what_is_no_port_is_refused(port: Any) -> None:
    """A mistyped port never reads as closed."""
    with pytest.raises(UsageError, match=r"port|slash"):
        listening_on(machine(), port)


def test_a_name_cut_inside_a_character_has_no_answer() -> None:
    """Of a name whose last character lost a byte, a pattern may match the whole."""
    facts = machine()
    facts["listening"]["tcp/22"]["processes"] = [r"aaaaaaaaaaaaaa\xc3"]
    with pytest.raises(NotSeen, match="beginning of a longer name"):
        listening_on(facts, "tcp/22", process="aaaaaaaaaaaaaa?foo")


def test_the_result_of_a_task_that_failed_has_no_answer() -> None:
    """What was not gathered was not seen; the message of the task is passed on, made printable."""
    failed = {"failed": True, "msg": "no\x1b[2J\nPython"}
    for claim in (listening_on, closed_on):
        with pytest.raises(NotSeen, match=r"a task that failed: 'no\\x1b\[2J\\x0aPython'"):
            claim(failed, "tcp/22")


@pytest.mark.parametrize("port", ["tcp/0", "0/tcp", "unix/22", "inet/22", "icmp/7", "tcp6/22", "22/udp6"])
def test_where_nothing_can_listen_is_refused(port: str) -> None:
    """What has no ports is no closed port."""
    with pytest.raises(UsageError, match=r"tcp/22|no protocol of its own"):
        listening_on(machine(), port)


@pytest.mark.parametrize("process", ["", ["sshd", "dropbear"], 7, {}, True])
def test_what_is_no_name_is_refused(process: Any) -> None:
    """A process is asked for by a text; anything else would never match, and read as absent."""
    with pytest.raises(UsageError, match="a process is a name"):
        listening_on(machine(), "tcp/22", process=process)


def test_a_holder_out_of_sight_is_not_called_absent() -> None:
    """Where nobody was seen to hold a socket, whoever is asked for may, although all processes could be looked into."""
    facts = machine()
    facts["listening"]["tcp/22"] |= {"processes": [], "owner_seen": False}
    with pytest.raises(NotSeen, match=r"^whether sshd holds tcp/22 could not be seen: nobody was seen to hold it"):
        listening_on(facts, "tcp/22", process="sshd")
    assert listening_on(facts, "tcp/22")


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("systemd-resolve", "systemd-resolved"),
        ("systemd-resolve", "systemd-r*"),
        ("überwachungsdi", "überwachungsdienst"),
        (r"aaaaaaaaaaaaaa\xc3", "aaaaaaaaaaaaaaüa"),
    ],
)
def test_names_are_compared_as_far_as_the_kernel_keeps_them(kept: str, asked: str) -> None:
    """The kernel cuts names behind 15 bytes, wherever a character ends."""
    facts = machine()
    facts["listening"]["tcp/22"]["processes"] = [kept]
    assert listening_on(facts, "tcp/22", process=asked)


@pytest.mark.parametrize("pattern", ["*-resolved", "systemd-res*ed", "*d"])
def test_a_pattern_of_what_was_cut_has_no_answer(pattern: str) -> None:
    """Where the end of a name that was cut could match, the facts cannot tell; a shorter name was not cut."""
    with pytest.raises(NotSeen, match="'systemd-resolve' may be the beginning of a longer name"):
        listening_on(machine(), "udp/53", process=pattern)
    assert not listening_on(machine(), "tcp/22", process="*-resolved")
    assert not listening_on(machine(), "udp/53", process="named*")


def test_a_zone_is_refused() -> None:
    """Facts do not tell the links of link-local addresses, so none can be asked for."""
    with pytest.raises(UsageError, match="without a zone"):
        listening_on(machine(), 80, address="fe80::1%eth1")


def test_reasons_are_those_of_the_question() -> None:
    """Processes that could not be looked into are no reason for a protocol that is not covered."""
    doubts = [*because("sock_diag: 3 processes", about="owners"), *because("/proc/PID/fd: no")]
    facts = covering(protocols=["udp"]) | {"incomplete_because": doubts}
    with pytest.raises(NotSeen, match=r"the facts say: /proc/PID/fd: no$"):
        listening_on(facts, "tcp/23")


@pytest.mark.parametrize("address", ["localhost", "*", "[::1]", "10.0.0.0/8", "", 7.5])
def test_what_is_no_address_is_refused(address: Any) -> None:
    """An address is numeric; the message says what stands for all."""
    with pytest.raises(UsageError, match=r"an address is numeric.*0\.0\.0\.0"):
        listening_on(machine(), 22, address=address)


_PORTS = some.builds("{}/{}".format, some.sampled_from(["tcp", "udp", "sctp", "raw"]), some.integers(1, 65535))


@given(
    protocols=some.lists(some.sampled_from(["tcp", "udp", "sctp", "raw", "unix"]), unique=True),
    port=_PORTS | some.sampled_from(sorted(MACHINE["listening"])),
    address=some.none() | some.ip_addresses().map(str),
    process=some.none() | some.text(min_size=1, max_size=20),
)
def test_no_is_never_said_of_a_protocol_that_is_not_covered(
    protocols: list[str], port: str, address: str | None, process: str | None
) -> None:
    """Whatever is asked, facts without a protocol give a yes by what is in them, or no answer."""
    try:
        answer = listening_on(covering(protocols=protocols), port, address, process)
    except NotSeen:
        assert port.partition("/")[0] not in protocols or process is not None
    else:
        assert answer or port.partition("/")[0] in protocols


@given(
    facts=some.sampled_from(
        [
            *(machine(), covering(protocols=["udp"]), covering(owners="some"), covering(families=["inet"])),
            *(covering(where="x"), without("listening"), {"failed": True, "msg": "no"}),
        ]
    ),
    port=_PORTS | some.sampled_from(sorted(MACHINE["listening"])),
    address=some.none() | some.ip_addresses().map(str),
    process=some.sampled_from([None, "sshd", "postgres*", "nobody"]),
)
def test_never_are_both_claims_true_nor_both_false(
    facts: dict[str, Any], port: str, address: str | None, process: str | None
) -> None:
    """Either one of the two holds and the other does not, or neither has an answer."""
    answers = []
    for claim in (listening_on, closed_on):
        try:
            answers.append(claim(facts, port, address, process))
        except NotSeen:
            answers.append(None)
    assert answers in ([True, False], [False, True], [None, None])


@given(protocol=some.from_regex(r"\A[a-z][a-z0-9_.-]{0,9}\Z"), number=some.integers(1, HIGHEST_PORT))
def test_both_spellings_of_a_port_are_one(protocol: str, number: int) -> None:
    """`22/tcp` is `tcp/22`, for any protocol, also one of a plugin."""
    parsed = parse_port(f"{number}/{protocol}")
    assert parsed == parse_port(f"{protocol.upper()}/{number}") == Port(protocol, number)
    assert parse_port(parsed.key) == parsed


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(key=some.sampled_from(sorted(MACHINE)), value=_JSON, inner=some.sampled_from(["", "tcp/22", "protocols"]))
def test_damaged_facts_give_an_answer_or_one_clear_error(key: str, value: Any, inner: str) -> None:
    """Whatever a machine puts in the place of its facts, callers meet no other exception."""
    facts = machine(**{key: {**MACHINE[key], inner: value} if inner and isinstance(MACHINE[key], dict) else value})
    try:
        message = str(listening_on(facts, "tcp/22", address="::1", process="nobody"))
    except NetstatError as error:
        message = str(error)
    assert message.isprintable()
