"""The options of SunOS netstat; parsing, help and documentation are derived from these declarations."""

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

FORMS = "Displays (default: sockets)"
SELECTION = "Selection"

GROUPS = (FORMS, SELECTION, SOCKETS, LOOK, OUTPUT, SOURCE, OTHER)

OPTIONS = (
    Option("groups", "g", group=FORMS, help="multicast group memberships; with -v their sources"),
    Option("media", "p", group=FORMS, help="net to media tables: ARP and ND; programs are -u"),
    Option("statistics", "s", group=FORMS, help="statistics by protocol; with -a for each interface too"),
    Option("streams", "m", group=FORMS, help="STREAMS memory, as far as Linux has the like"),
    Option("interfaces", "i", group=FORMS, help="interfaces; with an interval, a line each time"),
    Option("interface", "I", argument="NAME", group=FORMS, help="one interface, as -i; with -D its lease"),
    Option("routes", "r", group=FORMS, help="routing tables; with -v the IRE tables"),
    Option("multicast", "M", group=FORMS, help="multicast routing; with -s its statistics"),
    Option("dhcp", "D", group=FORMS, help="DHCP leases"),
    Option("all", "a", group=SELECTION, help="sockets in all states; also addresses with -i, local routes with -r"),
    Option(
        "family",
        "f",
        argument="FAMILY|FILTER",
        group=SELECTION,
        help="inet, inet6, unix or a number; for routes KEY:VALUE with the keys af, inif, outif, src, dst, flags",
    ),
    Option(
        "protocol",
        "P",
        argument="PROTOCOL",
        group=SELECTION,
        help="ip, ipv6, icmp, icmpv6, igmp, udp, tcp, sctp, rawip",
    ),
    HOST["where"],
    Option("numeric", "n", group=LOOK, help="numbers for hosts, networks and ports"),
    Option("verbose", "v", group=LOOK, help="more columns or lines of sockets, groups, streams and routes"),
    Option("users", "u", group=LOOK, help="user, process and command of each socket (of illumos)"),
    *DETAIL_OPTIONS,
    *REPORT_OPTIONS,
    Option("version", long=("version",), group=OTHER, help="version", own=True),
    Option("help", long=("help",), group=OTHER, help="this text", own=True),
    Option("debug", "d", group=OTHER, help="accepted, no effect"),
)

USAGE = """\
usage: netstat-sunos [option ...] [interval [count]]
       netstat-sunos capture FILE|DIR|- [option ...]
       pynetstat --dialect solaris|solaris-illumos ...

Show sockets, routes, interfaces and statistics of the kernel's network, as netstat of SunOS 5.10 does.
What Linux does not know is shown as --; docs/solaris.md says where each number comes from.
"""

_FORMS = """\
[-anv] [-f address_family]
[-n] [-f address_family] [-P protocol] [-g | -p | -s [interval [count]]]
-m [-v] [interval [count]]
-i [-I interface] [-an] [-f address_family] [interval [count]]
-r [-anv] [-f address_family|filter]
-M [-ns] [-f address_family]
-D [-I interface] [-f address_family]
"""


def format_usage(program: str) -> str:
    """Return the seven lines that follow an error in the options."""
    lines = (f"       {program} {form}\n" for form in _FORMS.splitlines())
    return "".join(lines).replace("       ", "usage: ", 1)
