"""Facts of one imagined machine, as gathered by root, for tests of what is concluded from facts."""

from __future__ import annotations

import copy
from typing import Any

MACHINE: dict[str, Any] = {
    "schema": "urn:netstat:facts:1",
    "captured_at": "2026-11-21T10:00:00.123Z",
    "hostname": "db1",
    "kernel_release": "6.1.0",
    "network_namespace": {"inode": 4026531833, "name": None},
    "complete": True,
    "incomplete_because": [],
    "covers": {
        "tables": ["default_route", "groups", "interfaces", "sockets", "statistics"],
        "protocols": ["raw", "tcp", "udp", "unix"],
        "families": ["inet", "inet6", "unix"],
        "sockets": "listening",
        "where": None,
        "owners": "all",
    },
    "listening": {
        "tcp/22": {
            "addresses": ["0.0.0.0", "::"],
            "families": ["inet", "inet6"],
            "processes": ["sshd"],
            "pids": [812],
            "uids": [0],
            "users": ["root"],
            "v6_only": True,
            "reachable": ["inet", "inet6"],
            "owner_seen": True,
        },
        "tcp/80": {
            "addresses": ["::"],
            "families": ["inet6"],
            "processes": ["nginx"],
            "pids": [900, 901],
            "uids": [0],
            "users": ["root"],
            "v6_only": False,
            "reachable": ["inet", "inet6"],
            "owner_seen": True,
        },
        "tcp/5432": {
            "addresses": ["127.0.0.1", "2001:db8::5"],
            "families": ["inet", "inet6"],
            "processes": ["postgres"],
            "pids": [1000],
            "uids": [70],
            "users": ["postgres"],
            "v6_only": None,
            "reachable": ["inet", "inet6"],
            "owner_seen": True,
        },
        "tcp/8080": {
            "addresses": ["::"],
            "families": ["inet6"],
            "processes": ["java"],
            "pids": [1100],
            "uids": [33],
            "users": ["app"],
            "v6_only": True,
            "reachable": ["inet6"],
            "owner_seen": True,
        },
        "udp/53": {
            "addresses": ["0.0.0.0"],
            "families": ["inet"],
            "processes": ["systemd-resolve"],
            "pids": [500],
            "uids": [101],
            "users": ["systemd-resolve"],
            "v6_only": None,
            "reachable": ["inet"],
            "owner_seen": True,
        },
    },
    "unix_listening": {
        "/run/docker.sock": {
            "type": "stream",
            "abstract": False,
            "processes": ["dockerd"],
            "pids": [700],
            "owner_seen": True,
        },
        "@00001": {"type": "stream", "abstract": True, "processes": ["x"], "pids": [7], "owner_seen": True},
    },
    "totals": {"tcp": {"LISTEN": 7}, "udp": {"CLOSE": 1}},
    "interfaces": {
        "eth0": {
            "name": "eth0",
            "index": 2,
            "alternative_names": [],
            "aliases": [],
            "hardware_type": "ether",
            "hardware_address": "02:fc:00:00:00:01",
            "mtu": 1500,
            "flags": ["broadcast", "lower_up", "multicast", "running", "up"],
            "description": None,
            "master": None,
            "oper_state": "up",
            "addresses": [
                {"family": "inet", "address": "192.0.2.2", "prefix_length": 24, "flags": ["permanent"]},
                {"family": "inet6", "address": "2001:db8::5", "prefix_length": 64, "flags": []},
                {"family": "inet6", "address": "2001:db8::aaaa", "prefix_length": 64, "flags": ["temporary"]},
            ],
            "rx_packets": 1,
            "tx_bytes": 2,
        },
    },
    "groups": {
        "eth0": [
            {"family": "inet", "group": "224.0.0.1", "users": 1},
            {"family": "inet6", "group": "ff02::1:ff00:5", "users": 1},
        ]
    },
    "statistics": {"Ip": {"InReceives": 5}},
    "default_route": {
        "inet": {
            "gateway": "192.0.2.1",
            "interface": "eth0",
            "metric": 100,
            "preferred_source": None,
            "protocol": "dhcp",
            "next_hops": None,
        },
        "inet6": None,
    },
    "families": {},
}


def machine(**changes: Any) -> dict[str, Any]:
    """Return its facts, with some keys replaced."""
    return {**copy.deepcopy(MACHINE), **changes}


def covering(**changes: Any) -> dict[str, Any]:
    """Return its facts, covering something else."""
    return machine(covers={**MACHINE["covers"], **changes})


def without(*keys: str) -> dict[str, Any]:
    """Return its facts, without some keys."""
    return {key: value for key, value in machine().items() if key not in keys}


def because(*texts: str, about: str = "source") -> list[dict[str, str]]:
    """Make reasons why facts are not complete."""
    return [{"about": about, "text": text} for text in texts]
