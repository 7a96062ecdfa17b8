"""What changed since a baseline: only what does not change by itself, and only what both sides saw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from facts.made_facts import MACHINE, because, covering, machine, without
from hypothesis import given
from hypothesis import strategies as some

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import NotSeen
from netstat_core.errors import NetstatError, UsageError


def changed(part: str, key: str, **fields: Any) -> dict[str, Any]:
    """Return the machine's facts with fields of one entry replaced, or the entry removed."""
    facts = machine()
    if fields:
        facts[part].setdefault(key, {}).update(fields)
    else:
        del facts[part][key]
    return facts


def nothing() -> dict[str, Any]:
    """Return how a comparison without a difference reads."""
    return {"same": True, "added": {}, "removed": {}, "changed": {}, "not_compared": []}


def test_facts_do_not_drift_from_themselves() -> None:
    """Equal facts are the same, and a baseline may come from a file."""
    assert drift(machine(), json.loads(json.dumps(MACHINE))) == nothing()


@pytest.mark.parametrize(
    "facts",
    [
        changed("listening", "tcp/22", pids=[4711]),
        changed("unix_listening", "/run/docker.sock", pids=[1, 2]),
        changed("unix_listening", "@00002", type="stream", processes=["y"]),
        changed("unix_listening", "@00001"),
        changed(
            "interfaces", "eth0", rx_packets=10**12, index=7, oper_state="down", flags=["broadcast", "multicast", "up"]
        ),
        changed("default_route", "inet", protocol="static"),
        machine(captured_at=None, hostname="other", totals={}, statistics={}, kernel_release="7.0"),
        machine(groups={"eth0": [{"family": "inet", "group": "224.0.0.1", "users": 9}]}),
    ],
)
def test_what_changes_by_itself_is_no_drift(facts: dict[str, Any]) -> None:
    """Process ids, counters, times, links that flap, and names and groups that the kernel makes up do not count."""
    assert drift(facts, machine())["same"]


def test_temporary_addresses_are_no_drift() -> None:
    """Addresses for privacy replace themselves; other addresses are compared."""
    facts = machine()
    facts["interfaces"]["eth0"]["addresses"][2]["address"] = "2001:db8::bbbb"
    assert drift(facts, machine())["same"]
    facts["interfaces"]["eth0"]["addresses"][0]["address"] = "192.0.2.3"
    difference = drift(facts, machine())["changed"]["interfaces"]["eth0"]["addresses"]
    assert difference == {"before": ["192.0.2.2/24", "2001:db8::5/64"], "now": ["192.0.2.3/24", "2001:db8::5/64"]}


def test_a_listener_that_was_not_there_is_added_and_one_that_went_is_removed() -> None:
    """Both are told with what lasts of them, and the other way round they change places."""
    more = changed("listening", "tcp/4444", addresses=["0.0.0.0"], processes=["nc"], uids=[33], owner_seen=True)
    entry = {"tcp/4444": {"addresses": ["0.0.0.0"], "processes": ["nc"], "uids": [33]}}
    assert drift(more, machine()) == {**nothing(), "same": False, "added": {"listening": entry}}
    assert drift(machine(), more) == {**nothing(), "same": False, "removed": {"listening": entry}}


@pytest.mark.parametrize(
    ("part", "key", "field", "value", "before"),
    [
        ("listening", "tcp/5432", "addresses", ["0.0.0.0"], ["127.0.0.1", "2001:db8::5"]),
        ("listening", "tcp/22", "processes", ["dropbear"], ["sshd"]),
        ("listening", "tcp/80", "uids", [33], [0]),
        ("listening", "tcp/80", "v6_only", True, False),
        ("unix_listening", "/run/docker.sock", "type", "seqpacket", "stream"),
        ("interfaces", "eth0", "mtu", 9000, 1500),
        ("interfaces", "eth0", "master", "br0", None),
        ("default_route", "inet", "gateway", "192.0.2.254", "192.0.2.1"),
    ],
)
def test_a_changed_field_is_told_with_both_values(part: str, key: str, field: str, value: Any, before: Any) -> None:
    """What a host was and what it is stand side by side."""
    expected = {part: {key: {field: {"before": before, "now": value}}}}
    assert drift(changed(part, key, **{field: value}), machine()) == {**nothing(), "same": False, "changed": expected}


def test_an_interface_that_begins_to_listen_to_all_packets_has_drifted() -> None:
    """Of the flags only those of the link itself are left out."""
    facts = changed("interfaces", "eth0", flags=["broadcast", "multicast", "promisc", "up"])
    assert drift(facts, machine())["changed"]["interfaces"]["eth0"]["flags"]["now"][2] == "promisc"


def test_a_default_route_comes_and_goes() -> None:
    """None at all is a state that a default route has."""
    lost = machine(default_route={"inet": None, "inet6": None})
    assert list(drift(lost, machine())["removed"]) == ["default_route"]
    assert drift(machine(), lost)["added"]["default_route"]["inet"]["gateway"] == "192.0.2.1"


def test_fields_that_one_side_cannot_know_are_not_compared() -> None:
    """Files of /proc tell less than netlink, which is no change of the machine."""
    poor = machine()
    poor["listening"]["tcp/80"]["v6_only"] = None
    poor["interfaces"]["eth0"].update(
        alternative_names=None, hardware_type=None, flags=None, addresses=None, master=None
    )
    assert drift(poor, machine())["same"]
    assert drift(machine(), poor)["same"]


def route(**fields: Any) -> dict[str, Any]:
    """Return a route record as far as it matters here."""
    made = {"family": "inet", "destination": "10.0.0.0", "prefix_length": 8, "interface": "eth0", "metric": 0}
    return {**made, "gateway": "192.0.2.1", "type": "unicast", "table": "main", "flags": ["up"], **fields}


def with_routes(*routes: dict[str, Any]) -> dict[str, Any]:
    """Return facts with routes."""
    tables = [*MACHINE["covers"]["tables"], "routes"]
    return covering(tables=tables) | {"routes": list(routes)}


def test_routes_are_compared_where_both_have_them() -> None:
    """A route is known by where it leads; counters and cached routes do not count."""
    before = with_routes(route(), route(destination="10.1.0.0", prefix_length=16))
    now = with_routes(route(gateway="192.0.2.9", use_count=7), route(destination="10.7.7.7", flags=["cache"]))
    found = drift(now, before)
    assert found["changed"]["routes"] == {
        "10.0.0.0/8 dev eth0 metric 0 table main": {"gateway": {"before": "192.0.2.1", "now": "192.0.2.9"}}
    }
    assert list(found["removed"]["routes"]) == ["10.1.0.0/16 dev eth0 metric 0 table main"]
    assert "routes" not in found["added"]


def test_parts_are_chosen() -> None:
    """Who asks for listeners alone hears of nothing else; one name need not be in a list."""
    facts = changed("interfaces", "eth0", mtu=9000)
    assert drift(facts, machine(), parts=["listening", "groups"])["same"]
    assert drift(facts, machine(), parts="listening")["same"]
    assert not drift(facts, machine(), parts=["interfaces"])["same"]


def test_what_is_to_be_ignored_is_named_by_patterns_of_its_path() -> None:
    """Entries and single fields can be left out."""
    facts = changed("listening", "udp/40000", addresses=["0.0.0.0"])
    facts["listening"]["tcp/80"]["processes"] = ["nginx", "systemd"]
    assert drift(facts, machine(), ignore=["listening/udp/*", "listening/*/processes"])["same"]
    assert list(drift(facts, machine(), ignore="listening/tcp/*")["added"]["listening"]) == ["udp/40000"]


@pytest.mark.parametrize("pattern", ["{}/81/tcp", "{}/8*/tcp", "{}/*/tcp", "{}/81/*", "{}/81/tcp*", "{}/tcp/81"])
@pytest.mark.parametrize("place", ["listening", "namespaces/blue/listening"])
def test_ports_to_ignore_are_written_either_way(pattern: str, place: str) -> None:
    """A pattern may have the protocol behind the port, with and without a field, on a machine and in a namespace."""
    before, now = machine(), machine()
    now["listening"]["tcp/81"] = {**now["listening"]["tcp/80"]}
    now["listening"]["udp/82"] = {**now["listening"]["tcp/80"]}
    if place != "listening":
        inner = {"network_namespace": {"inode": 7, "name": "blue"}}
        before, now = (machine(namespaces={"blue": {**facts, **inner}}) for facts in (before, now))
    found = drift(now, before, ignore=[pattern.format(place), f"{place}/80/tcp/uids"])
    assert [list(entries) for entries in found["added"].values()] == [["udp/82"]]
    assert not found["changed"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"parts": ["listenin"]}, "'listenin'.*listening, unix_listening"),
        ({"parts": []}, "at least one part"),
        ({"parts": 7}, "list of strings"),
        ({"ignore": ["udp/*"]}, "'udp/"),
        ({"ignore": [7]}, "list of strings"),
    ],
)
def test_arguments_that_could_do_nothing_are_refused(arguments: dict[str, Any], says: str) -> None:
    """A mistyped part or pattern is told, and not silently without effect."""
    with pytest.raises(UsageError, match=says):
        drift(machine(), machine(), **arguments)


def out_of_sight(key: str) -> dict[str, Any]:
    """Return facts that do not show who holds a listener."""
    facts = covering(owners="some")
    facts["listening"][key] |= {"processes": [], "owner_seen": False}
    return facts


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (covering(protocols=["tcp", "unix"]), "listening of raw, udp"),
        (without("listening"), "listening of raw, tcp, udp"),
        (covering(tables=["sockets", "groups", "default_route"]), "do not cover interfaces"),
        (covering(families=["inet", "unix"]), r"raw, tcp, udp, as|groups of inet6"),
        (out_of_sight("tcp/22"), "which processes hold 'listening/tcp/22'.*gather as root"),
        (covering(where="local_port < 1024"), "with where 'None', and the facts with 'local_port < 1024'"),
        (machine(default_route={"inet": None}), "default_route of inet6"),
    ],
)
def test_facts_that_see_less_than_the_baseline_give_no_answer(facts: dict[str, Any], says: str) -> None:
    """What was there and now was not looked at is neither gone nor the same."""
    with pytest.raises(NotSeen, match=says) as caught:
        drift(facts, machine())
    assert str(caught.value).isprintable()


def test_a_baseline_that_saw_less_says_so() -> None:
    """What only the facts cover is named, and what only they hold is not called new."""
    baseline = covering(protocols=["tcp"], owners="none")
    facts = changed("listening", "udp/69", addresses=["0.0.0.0"])
    facts["listening"]["tcp/22"]["processes"] = ["dropbear"]
    found = drift(facts, baseline)
    assert found["same"]
    assert found["not_compared"] == [
        "listening of raw, udp: the baseline does not cover this",
        "processes of listening: the baseline does not show them",
        "unix_listening of unix: the baseline does not cover this",
    ]


@pytest.mark.parametrize("seen", [("some", "some"), ("all", "some"), ("some", "all")])
def test_a_process_out_of_sight_hides_no_other(seen: tuple[str, str]) -> None:
    """What both sides show of a listener is compared, and a new one has its processes, whoever else was not seen."""
    baseline, facts = (covering(owners=owners) for owners in seen)
    facts["listening"]["tcp/80"]["processes"] = ["evil"]
    facts["listening"]["tcp/4444"] = {**facts["listening"]["tcp/22"], "processes": ["nc"]}
    if seen[0] == "some":
        baseline["listening"]["tcp/22"] |= {"processes": [], "owner_seen": False}
    found = drift(facts, baseline)
    assert found["changed"] == {"listening": {"tcp/80": {"processes": {"before": ["nginx"], "now": ["evil"]}}}}
    assert found["added"]["listening"]["tcp/4444"]["processes"] == ["nc"]
    unseen = ["processes of listening/tcp/22: the baseline does not show all of them"] if seen[0] == "some" else []
    assert found["not_compared"] == unseen


def test_a_listener_that_the_kernel_takes_over_is_told() -> None:
    """That no process holds a listener any longer, since the kernel does, is a difference; unknown is none."""
    facts = machine()
    facts["listening"]["tcp/80"] |= {"processes": [], "pids": []}
    assert drift(facts, machine())["changed"]["listening"]["tcp/80"] == {"processes": {"before": ["nginx"], "now": []}}


def test_the_reason_of_the_facts_is_advice_enough() -> None:
    """Where facts say why processes were not seen, nothing else is advised: root need not become root."""
    facts = out_of_sight("tcp/22") | {"incomplete_because": because("although root tried", about="owners")}
    with pytest.raises(NotSeen, match="although root tried") as caught:
        drift(facts, machine())
    assert "become" not in str(caught.value)


def test_a_part_that_was_chosen_has_to_be_in_the_baseline() -> None:
    """Asked for by name, what the baseline lacks is no answer rather than a note."""
    with pytest.raises(NotSeen, match="the baseline does not cover routes"):
        drift(machine(), machine(), parts=["routes"])
    with pytest.raises(NotSeen, match="the baseline does not cover namespaces"):
        drift(machine(), machine(), parts=["namespaces"])


def test_a_baseline_of_nothing_is_no_baseline() -> None:
    """Without anything to compare nothing is the same."""
    with pytest.raises(NotSeen, match="nothing could be compared"):
        drift(machine(), covering(protocols=[], tables=[]))


def within(covered: str | None = None, **namespaces: dict[str, Any]) -> dict[str, Any]:
    """Return facts with namespaces that have names, of which some or all were asked for."""
    facts = covering(namespaces=covered) if covered else machine()
    named = {name: {**one, "network_namespace": {"inode": 5, "name": name}} for name, one in namespaces.items()}
    return facts | {"namespaces": named}


def test_namespaces_are_compared_by_name() -> None:
    """What changed inside one is told below its name; numbers are new with every start."""
    now = changed("listening", "tcp/9", addresses=["::"])
    found = drift(within(blue=now) | {}, within(blue=machine()))
    assert list(found["added"]) == ["namespaces/blue/listening"]
    facts = within(blue=machine())
    facts["namespaces"]["4026532219"] = machine()
    said = ["namespaces without names, because their inode numbers change with every boot"]
    assert drift(facts, within(blue=machine())) == {**nothing(), "not_compared": said}


def test_a_namespace_may_have_a_number_for_its_name() -> None:
    """What tells names from numbers is the namespace itself."""
    found = drift(within("all", **{"100": now_at(4444)}), within("all", **{"100": machine()}))
    assert list(found["added"]) == ["namespaces/100/listening"]
    assert drift(within("all"), within("all", **{"100": machine()}))["removed"] == {"namespaces": {"100": {}}}


def now_at(port: int) -> dict[str, Any]:
    """Return facts in which one more port is served."""
    return changed("listening", f"tcp/{port}", addresses=["::"])


def test_who_has_which_address_counts() -> None:
    """Two services that change places on a port are told, though port, addresses and processes stay."""
    held = [("10.0.0.1", "nginx"), ("127.0.0.1", "apache2")]
    facts = [machine(), machine()]
    for one, names in zip(facts, (held, [(held[0][0], "apache2"), (held[1][0], "nginx")]), strict=True):
        sockets = [{"address": address, "processes": [name], "owner_seen": True} for address, name in names]
        one["listening"]["tcp/80"] |= {
            "addresses": [address for address, _ in held],
            "processes": ["apache2", "nginx"],
            "sockets": sockets,
        }
    found = drift(*facts)["changed"]["listening"]["tcp/80"]
    assert found == {
        "processes_by_address": {
            "before": {"10.0.0.1": ["apache2"], "127.0.0.1": ["nginx"]},
            "now": {"10.0.0.1": ["nginx"], "127.0.0.1": ["apache2"]},
        }
    }
    del facts[0]["listening"]["tcp/80"]["sockets"]
    now = drift(*facts)["changed"]["listening"]["tcp/80"]["processes_by_address"]["now"]
    assert now == {"10.0.0.1": ["apache2", "nginx"], "127.0.0.1": ["apache2", "nginx"]}
    assert drift(*facts, ignore=["listening/*/processes"])["same"]


def test_a_holder_that_is_seen_counts_where_others_are_not() -> None:
    """Of a port of which one socket is the kernel's, or another's, the others are compared, and the rest is named."""
    facts = [machine(), machine()]
    for one, name in zip(facts, ("evil", "good"), strict=True):
        one["listening"]["tcp/80"] |= {
            "addresses": ["127.0.0.1", "::1"],
            "processes": [name],
            "owner_seen": False,
            "sockets": [
                {"address": "127.0.0.1", "processes": [name], "owner_seen": True},
                {"address": "::1", "processes": [], "owner_seen": False},
            ],
        }
    found = drift(*facts)
    changed_holders = found["changed"]["listening"]["tcp/80"]["processes_by_address"]
    assert changed_holders == {"before": {"127.0.0.1": ["good"]}, "now": {"127.0.0.1": ["evil"]}}
    assert found["not_compared"] == ["processes of listening/tcp/80: the baseline does not show all of them"]


def test_an_address_that_nobody_is_seen_to_hold_is_told() -> None:
    """A further address is a difference also where the kernel, or a process out of sight, has it."""
    now = machine()
    now["listening"]["tcp/22"] |= {"addresses": ["0.0.0.0", "10.0.0.1", "::"], "owner_seen": False}
    seen = [{"address": one, "processes": ["sshd"], "owner_seen": True} for one in ("0.0.0.0", "::")]
    now["listening"]["tcp/22"]["sockets"] = [*seen, {"address": "10.0.0.1", "processes": [], "owner_seen": False}]
    found = drift(now, machine())
    assert list(found["changed"]["listening"]["tcp/22"]) == ["addresses"]
    assert found["not_compared"] == ["processes of listening/tcp/22: the facts do not show all of them"]


def test_v6_only_that_becomes_known_is_no_change() -> None:
    """Files do not tell whether :: takes IPv4, and netlink does."""
    unknown = machine()
    unknown["listening"]["tcp/22"] |= {"v6_only": None}
    known = machine()
    sockets = [{"address": "0.0.0.0", "v6_only": None}, {"address": "::", "v6_only": True}]
    known["listening"]["tcp/22"]["sockets"] = [{**one, "processes": ["sshd"], "owner_seen": True} for one in sockets]
    assert drift(known, unknown) == drift(unknown, known) == nothing()


def test_processes_out_of_sight_are_not_said_to_have_gone() -> None:
    """A listener whose holder cannot be seen any more is no answer; one whose holder was never seen is not compared."""
    unseen = machine()
    unseen["listening"]["tcp/22"] |= {"processes": [], "owner_seen": False}
    with pytest.raises(NotSeen, match="which processes hold 'listening/tcp/22'"):
        drift(unseen, machine())
    assert drift(unseen, machine(), ignore=["listening/*/processes"])["same"]
    said = ["processes of listening/tcp/22: the baseline does not show all of them"]
    assert drift(machine(), unseen) == drift(unseen, unseen) == {**nothing(), "not_compared": said}


def test_routes_to_the_same_place_are_kept_apart() -> None:
    """Of two routes with one destination, metric and interface each is compared."""
    route = {"family": "inet", "destination": "10.50.0.0", "prefix_length": 16, "metric": 0, "interface": "d0"}
    both = [{**route, "gateway": gateway, "type": "unicast"} for gateway in ("10.9.0.2", "10.9.0.3")]
    facts = [covering(tables=["routes"]) | {"routes": routes} for routes in (both, both[1:])]
    assert not drift(*facts)["same"]
    assert not drift(*reversed(facts))["same"]
    assert drift(facts[0], facts[0])["same"]


def test_a_namespace_comes_and_goes_where_all_were_asked_for() -> None:
    """Where only some were asked for, one that is missing may be there."""
    both, blue = within("all", blue=machine(), red=machine()), within("all", blue=machine())
    assert drift(both, blue)["added"] == {"namespaces": {"red": {}}}
    assert drift(blue, both)["removed"] == {"namespaces": {"red": {}}}
    assert drift(both, within(blue=machine()))["not_compared"] == ["namespace red: the baseline does not cover it"]
    with pytest.raises(NotSeen, match="namespace red of the baseline"):
        drift(within(blue=machine()), both)
    with pytest.raises(NotSeen, match="gather with netns"):
        drift(machine(), both)


@pytest.mark.parametrize("side", ["facts", "baseline", "namespace"])
def test_facts_of_the_older_form_are_refused(side: str) -> None:
    """Facts that say in mere texts what is missing are refused in a line that says whose they are and what to do."""
    older = machine(complete=False, incomplete_because=["/proc/PID/fd: the descriptors of 3 processes"])
    inner = {**machine(), "namespaces": {"blue": {**older, "network_namespace": {"inode": 7, "name": "blue"}}}}
    pairs = {"facts": (older, machine()), "baseline": (machine(), older), "namespace": (machine(), inner)}
    facts, baseline = pairs[side]
    whose = "facts of 'blue'" if side == "namespace" else side
    if side == "namespace":
        facts = {**facts, "namespaces": {}}
    with pytest.raises(UsageError, match=rf"^{whose}: .* older format, .*; gather the facts again$") as caught:
        drift(facts, baseline)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given_as", ["facts", "baseline"])
@pytest.mark.parametrize(
    "value", [None, "", [], {}, {"failed": True}, machine(schema="x"), machine(interfaces={"lo": 1})]
)
def test_what_are_no_facts_are_refused_on_either_side(given_as: str, value: Any) -> None:
    """Anything else than facts is one clear error."""
    sides = {"facts": machine(), "baseline": machine(), given_as: value}
    with pytest.raises((UsageError, NotSeen)) as caught:
        drift(**sides)
    assert str(caught.value).isprintable()


_ENTRIES = some.fixed_dictionaries(
    {
        "addresses": some.lists(some.ip_addresses().map(str), max_size=3),
        "processes": some.lists(some.text(max_size=5), max_size=3),
        "pids": some.lists(some.integers(1, 99), max_size=3),
        "uids": some.lists(some.integers(0, 9), max_size=2),
        "v6_only": some.none() | some.booleans(),
        "owner_seen": some.just(True),  # noqa: FBT003
    }
)
_LISTENING = some.dictionaries(
    some.builds("{}/{}".format, some.sampled_from(["tcp", "udp"]), some.integers(1, 99)), _ENTRIES, max_size=5
)


@given(_LISTENING)
def test_any_facts_are_the_same_as_themselves(listening: dict[str, Any]) -> None:
    """No entry differs from itself."""
    assert drift(machine(listening=listening), machine(listening=listening)) == nothing()


@given(_LISTENING, _LISTENING)
def test_drift_is_told_alike_from_both_sides(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What is added one way round is removed the other way round, and nothing is the same that has a difference."""
    there, back = (
        drift(machine(listening=one), machine(listening=other)),
        drift(machine(listening=other), machine(listening=one)),
    )
    assert (there["added"], there["removed"]) == (back["removed"], back["added"])
    assert there["same"] == back["same"] == (not (there["added"] or there["removed"] or there["changed"]))
    assert set(there["added"].get("listening", {})) == one.keys() - other.keys()


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(key=some.sampled_from(sorted(MACHINE)), value=_JSON, inner=some.sampled_from(["", "tcp/22", "eth0", "inet"]))
def test_damaged_facts_give_an_answer_or_one_clear_error(key: str, value: Any, inner: str) -> None:
    """Whatever stands in the place of facts, callers meet no other exception."""
    damaged = machine(**{key: {**MACHINE[key], inner: value} if inner and isinstance(MACHINE[key], dict) else value})
    try:
        message = str(drift(damaged, machine())["same"])
    except NetstatError as error:
        message = str(error)
    assert message.isprintable()
