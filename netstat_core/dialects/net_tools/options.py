"""The options of the net-tools dialect; parsing, help and documentation are derived from these declarations."""

from __future__ import annotations

from netstat_core.dialects.getopt import Option
from netstat_core.dialects.host_options import (
    DETAIL_OPTIONS,
    HOST,
    LOOK,
    OTHER,
    OUTPUT,
    REPORT_OPTIONS,
    SOCKETS,
    SOURCE,
)

DISPLAYS = "Displays (default: sockets)"
SELECTION = "Protocols and families"
REPEAT = "Repetition"

GROUPS = (DISPLAYS, SOCKETS, SELECTION, LOOK, REPEAT, OUTPUT, SOURCE, OTHER)

OPTIONS = (
    Option("routes", "r", ("route",), group=DISPLAYS, help="routing tables"),
    Option(
        "interfaces",
        "i",
        ("interfaces", "interface"),
        "NAME",
        optional=True,
        group=DISPLAYS,
        help="interface table, or one interface (-i eth0 too)",
    ),
    Option("groups", "g", ("groups",), group=DISPLAYS, help="multicast group memberships"),
    Option("statistics", "s", ("statistics",), group=DISPLAYS, help="protocol statistics"),
    Option("masquerade", "M", ("masquerade",), group=DISPLAYS, help="masqueraded connections"),
    Option("neighbours", "", ("neighbours",), group=DISPLAYS, help="neighbours: ARP, ND and proxies", own=True),
    Option("multicast_routes", "", ("multicast-routes",), group=DISPLAYS, help="multicast routing", own=True),
    Option("tables", "", ("tables",), "LIST", group=DISPLAYS, help="tables by name, or all", own=True),
    Option("all", "a", ("all",), group=SOCKETS, help="all sockets; with -i also interfaces that are down"),
    Option("listening", "l", ("listening",), group=SOCKETS, help="listening sockets only (default: connected)"),
    HOST["where"],
    Option("tcp", "t", ("tcp",), group=SELECTION, help="TCP"),
    Option("sctp", "S", ("sctp",), group=SELECTION, help="SCTP"),
    Option("udp", "u", ("udp",), group=SELECTION, help="UDP"),
    Option("udplite", "U", ("udplite",), group=SELECTION, help="UDP-Lite"),
    Option("raw", "w", ("raw",), group=SELECTION, help="raw IP sockets"),
    Option("unix", "x", ("unix",), group=SELECTION, help="UNIX domain sockets"),
    Option("l2cap", "2", ("l2cap",), group=SELECTION, help="Bluetooth L2CAP (not supported, as in Debian's netstat)"),
    Option("rfcomm", "f", ("rfcomm",), group=SELECTION, help="Bluetooth RFCOMM (not supported either)"),
    Option("inet", "4", ("inet", "ip"), group=SELECTION, help="address family IPv4"),
    Option("inet6", "6", ("inet6",), group=SELECTION, help="address family IPv6"),
    Option("tcpip", "", ("tcpip",), group=SELECTION, help="accepted and ignored, as netstat does"),
    Option(
        "protocol", "A", ("protocol",), "LIST", group=SELECTION, help="address families by name, separated by commas"
    ),
    Option("ax25", "", ("ax25",), group=SELECTION, help="AMPR AX.25"),
    Option("x25", "", ("x25",), group=SELECTION, help="CCITT X.25"),
    Option("ipx", "", ("ipx",), group=SELECTION, help="Novell IPX"),
    Option("netrom", "", ("netrom",), group=SELECTION, help="AMPR NET/ROM"),
    Option("rose", "", ("rose",), group=SELECTION, help="AMPR ROSE"),
    Option("ddp", "", ("ddp", "appletalk"), group=SELECTION, help="Appletalk DDP"),
    Option("bluetooth", "", ("bluetooth",), group=SELECTION, help="both Bluetooth protocols"),
    Option("icmp", "", ("icmp",), group=SELECTION, help="ping sockets (records only)", own=True),
    Option("numeric", "n", ("numeric",), group=LOOK, help="numbers for hosts, ports and users"),
    Option("numeric_hosts", "", ("numeric-hosts",), group=LOOK, help="numbers for hosts"),
    Option("numeric_ports", "", ("numeric-ports",), group=LOOK, help="numbers for ports"),
    Option("numeric_users", "", ("numeric-users",), group=LOOK, help="numbers for users"),
    Option("symbolic", "N", ("symbolic",), group=LOOK, help="hardware names; makes routes and SCTP numeric"),
    Option("extend", "e", ("extend",), group=LOOK, help="more columns; twice for more still"),
    Option("timers", "o", ("timers",), group=LOOK, help="timers"),
    Option("programs", "p", ("programs",), group=LOOK, help="process and program that hold a socket"),
    *DETAIL_OPTIONS,
    Option("context", "Z", ("context",), group=LOOK, help="SELinux security context of the process"),
    Option("wide", "WT", ("wide", "notrim"), group=LOOK, help="do not truncate addresses, even if columns shift"),
    Option("fib", "F", ("fib",), group=LOOK, help="with -r: the forwarding table (default)"),
    Option("cache", "C", ("cache",), group=LOOK, help="with -r: the route cache"),
    Option(
        "route_table", "", ("route-table",), "TABLE", group=LOOK, help="with -r: main, local, a number or all", own=True
    ),
    Option("verbose", "v", ("verbose",), group=LOOK, help="report families that the kernel does not support"),
    Option("continuous", "c", ("continuous",), group=REPEAT, help="repeat every second, or every DELAY seconds"),
    Option("delta", "", ("delta",), group=REPEAT, help="with -s: changes since the previous report", own=True),
    *REPORT_OPTIONS,
    Option("version", "V", ("version",), group=OTHER, help="version"),
    Option("help", "h", ("help",), group=OTHER, help="this text"),
    Option("usage", "?", (), group=OTHER, help="this text on stderr, as an error"),
    Option("debug", "d", (), group=OTHER, help="accepted, no effect"),
)

USAGE = """\
usage: pynetstat [option ...] [delay [count]]
       pynetstat capture FILE|DIR|- [option ...]

Show sockets, routes, interfaces and statistics of the kernel's network, as netstat does.
With a delay in seconds the report is repeated, with a count at most that often.
"""
