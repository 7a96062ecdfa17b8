"""/proc/sys/net: the settings that SNMP's MIBs show among the counters, each a file with one number.

::

    /proc/sys/net/ipv4/ipfrag_time              30
    /proc/sys/net/ipv6/conf/eth0/forwarding     0
    /proc/sys/net/sctp/rto_initial              3000

They are of the network namespace. ``conf/all`` sets all interfaces, ``conf/default`` those that come later.

/etc/default/inet_type is a setting of SunOS, which netstat heeds there: ``DEFAULT_IP=IP_VERSION4`` leaves IPv6 out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, TypedDict

from netstat_core.plugin import (
    GREATEST_INTEGER,
    LEAST_INTEGER,
    About,
    Column,
    Directory,
    Field,
    File,
    Gap,
    Group,
    InterfaceName,
    Problem,
    Reader,
    Record,
    TextFile,
    escape,
    feed,
    is_silent,
    plain_table,
)

TABLE = "settings"
ROOT = "/proc/sys/"

_FILES = (
    "net/ipv4/ipfrag_time",
    "net/sctp/rto_min",
    "net/sctp/rto_max",
    "net/sctp/rto_initial",
    "net/sctp/valid_cookie_life",
    "net/sctp/max_init_retransmits",
)
_BY_INTERFACE = ("net/ipv6/conf/*/forwarding", "net/ipv6/conf/*/hop_limit")
_LONGEST = 20
_LONGEST_TEXT = 80

INET_TYPE = "/etc/default/inet_type"
DEFAULT_IP = "DEFAULT_IP"
_ASSIGNMENT = re.compile(rb"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)")


class Setting(TypedDict):
    """One number of /proc/sys/net, or the setting of /etc/default/inet_type."""

    name: Annotated[
        str,
        Field(
            "Name as sysctl has it, with * for the interface: net.ipv6.conf.*.forwarding; also DEFAULT_IP", mark="word"
        ),
    ]
    interface: Annotated[
        InterfaceName | None, Field("Interface of the setting, all or default; null if it has none", mark="interface")
    ]
    value: Annotated[
        int | None,
        Field(
            "Value, in the unit of the setting; null if it is no number",
            minimum=LEAST_INTEGER,
            maximum=GREATEST_INTEGER,
        ),
    ]
    text: Annotated[str | None, Field("Value that is no number; null for a number", mark="word")]


Contents = Mapping[str, bytes | Mapping[str, bytes] | None]


def parse(_about: About, contents: Contents) -> Iterator[Record | Problem | Gap]:
    """Yield a record for each file that is there."""
    for path, content in contents.items():
        if isinstance(content, Mapping):
            for each, text in content.items():
                yield from _parse_file(path, each, text)
        elif content is not None:
            yield from _parse_file(path, path, content)


def _parse_file(pattern: str, path: str, content: bytes) -> Iterator[Record | Problem | Gap]:
    """Yield the record of a file, or a problem if it does not hold a number on one line."""
    yield from TextFile(path, content, may_be_empty=False).gaps
    text = content.strip()
    if not content.endswith(b"\n") or not text.lstrip(b"-").isdigit() or len(text) > _LONGEST:
        yield Problem(path, "not a number on a line", content, 1)
        return
    interface = None
    if "*" in pattern:
        start, _, end = pattern.partition("*")
        interface = escape(path[len(start) : len(path) - len(end)].encode("utf-8", "surrogateescape"))
    yield {
        "name": pattern.removeprefix(ROOT).replace("/", "."),
        "interface": interface,
        "value": int(text),
        "text": None,
    }


def parse_default(_about: About, content: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield the value of DEFAULT_IP, if the file has it; the first one counts, and case does not matter in its name."""
    if content is None:
        return
    text = TextFile(INET_TYPE, content, may_be_empty=False)
    found: bytes | None = None
    for number, line in text.rows():
        match = _ASSIGNMENT.fullmatch(line)
        if match and found is None and match[1].upper() == DEFAULT_IP.encode():
            found = match[2].strip()
        elif not match and line.strip() and not line.lstrip().startswith(b"#"):
            yield text.problem("a row needs a name, an equals sign and a value", line, number)
    if found is not None:
        yield {"name": DEFAULT_IP, "interface": None, "value": None, "text": escape(found[:_LONGEST_TEXT])}
    yield from text.gaps


_LAYOUT = plain_table(
    TABLE,
    "Settings",
    (
        Column("Name", field="name", width=32),
        Column("Interface", field="interface", width=15),
        Column("Value", field="value", width=12, align="right"),
        Column("Text", field="text"),
    ),
)

READER = Reader(
    TABLE,
    table=TABLE,
    position=5120,
    families=("inet", "inet6"),
    kind="setting",
    record=Setting,
    on_request=True,
    feeds=(
        feed(
            "procfs",
            Group(
                {
                    **{ROOT + path: File(ROOT + path).optional for path in _FILES},
                    **{ROOT + path: Directory(ROOT + path).optional for path in _BY_INTERFACE},
                }
            ),
            parse=parse,
        ),
    ),
    layouts={"net-tools": _LAYOUT.replace(complain=is_silent)},
)

DEFAULT_READER = Reader(
    "default-ip",
    table=TABLE,
    position=5121,
    families=("inet", "inet6"),
    kind="setting",
    record=Setting,
    on_request=True,
    per_namespace=False,
    feeds=(feed("files", File(INET_TYPE).optional, parse=parse_default),),
    layouts={"net-tools": _LAYOUT.replace(complain=is_silent)},
)
