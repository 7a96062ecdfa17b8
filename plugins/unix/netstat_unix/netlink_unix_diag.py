"""unix_diag dumps: struct unix_diag_msg of linux/unix_diag.h and its attributes.

Names are exact: bytes with their length. The dump has neither connections that wait for accept() nor reference counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from netstat_core.plugin import (
    AF,
    NETLINK_SOCK_DIAG,
    REST,
    About,
    Asked,
    AttributeField,
    Datagrams,
    FixedField,
    Gap,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Record,
    escape,
)
from netstat_unix.record import (
    NAMELESS,
    SO_ACCEPTCON,
    SS_CONNECTED,
    SS_UNCONNECTED,
    Kind,
    Name,
    to_kind,
    to_record,
)

SOURCE = "sock_diag/unix"
ALL_STATES = 0xFFFFFFFF

# linux/sock_diag.h
SOCK_DIAG_BY_FAMILY = 20

# linux/unix_diag.h
UDIAG_SHOW_NAME = 0x01
UDIAG_SHOW_VFS = 0x02
UDIAG_SHOW_PEER = 0x04
UDIAG_SHOW_RQLEN = 0x10
UDIAG_SHOW_UID = 0x40

UNIX_DIAG_NAME = 0
UNIX_DIAG_VFS = 1
UNIX_DIAG_PEER = 2
UNIX_DIAG_RQLEN = 4
UNIX_DIAG_UID = 7

# include/net/tcp_states.h; UNIX sockets use some of these states
TCP_ESTABLISHED = 1
TCP_LISTEN = 10

_INODE_AT = 4
_MESSAGE_SIZE = 32
"""Size of struct nlmsghdr and struct unix_diag_msg together."""

_ATTRIBUTES = {
    "name": AttributeField({(UNIX_DIAG_NAME,): REST}),
    "vnode": AttributeField({(UNIX_DIAG_VFS,): "I"}),
    "peer": AttributeField({(UNIX_DIAG_PEER,): "I"}),
    "recv_queue": AttributeField({(UNIX_DIAG_RQLEN,): "I"}),
    "send_queue": AttributeField({(UNIX_DIAG_RQLEN,): "I"}, offset=4),
    "uid": AttributeField({(UNIX_DIAG_UID,): "I"}),
}
_FIELDS: dict[str, FixedField | AttributeField] = {
    "raw": FixedField(0, format=f"{_MESSAGE_SIZE}s"),
    "family": FixedField(16, format="B"),
    "type": FixedField(17, format="B"),
    "state": FixedField(18, format="B"),
    "inode": FixedField(20, format="I"),
    **_ATTRIBUTES,
}


def request(asked: Asked, *, queues: bool = False, vnodes: bool = True, states: int = ALL_STATES) -> NetlinkDump:
    """Return the dump of UNIX sockets with the attributes that the fields asked for need.

    ``queues`` adds queue lengths in any case; without ``vnodes`` the inodes of files are left out in any case.
    ``states`` is the bit mask of the states to dump, ``1 << TCP_LISTEN``.
    """
    show = UDIAG_SHOW_NAME
    if vnodes and asked.wants("vnode"):
        show |= UDIAG_SHOW_VFS
    if asked.wants("peer_inode") or asked.wants("has_peer"):
        show |= UDIAG_SHOW_PEER
    if queues or asked.wants("recv_queue") or asked.wants("send_queue") or asked.wants("backlog"):
        show |= UDIAG_SHOW_RQLEN
    if asked.wants("uid"):
        show |= UDIAG_SHOW_UID
    optional = (UDIAG_SHOW_UID, UDIAG_SHOW_RQLEN, UDIAG_SHOW_PEER, UDIAG_SHOW_VFS)
    shows = dict.fromkeys(show | sum(more) for more in product(*((0, flag) for flag in reversed(optional))))
    bodies = (
        struct.pack("=BBHIII8x", AF["unix"], 0, 0, mask, 0, attributes)
        for mask in dict.fromkeys((states, ALL_STATES))
        for attributes in shows
    )
    body, *more = bodies
    wider = tuple((SOURCE, wider_body) for wider_body in more)
    return NetlinkDump(
        SOURCE, protocol=NETLINK_SOCK_DIAG, type=SOCK_DIAG_BY_FAMILY, body=body, inode_at=_INODE_AT, wider=wider
    )


class Socket(NamedTuple):
    """One socket of a dump; None is an attribute that the kernel did not send.

    ``queues`` are udiag_rqueue and udiag_wqueue of UNIX_DIAG_RQLEN. ``name`` starts with NUL if it is abstract.
    ``vnode`` is udiag_vfs_ino: the inode of the file that bind() made, also for accepted sockets, which share it.
    ``peer`` is None without a peer, and 0 for one that has no inode: it was closed, or is not accepted yet.
    """

    type: int
    state: int
    inode: int
    name: bytes | None
    vnode: int | None
    peer: int | None
    queues: tuple[int, int] | None
    uid: int | None

    @property
    def tail(self) -> bytes:
        """What follows the inode in /proc/net/unix: a blank and the name, with ``@`` for each NUL, and a line feed."""
        name = self.name
        if name is None:
            return b"\n"
        return b" %b\n" % (name if name[0] else name.replace(b"\0", b"@"))

    def describe(self, kind: Kind, ref_count: int | None) -> Record:
        """Return the record; ``kind`` and ``ref_count`` come from the row in /proc/net/unix, if there is one."""
        record = to_record(kind, ref_count, self.inode, to_name(self.name))
        record["peer_inode"] = self.peer or None
        record["has_peer"] = self.peer is not None
        record["vnode"] = self.vnode
        record["uid"] = self.uid
        if self.queues is not None:
            received, sent = self.queues
            listening = self.state == TCP_LISTEN
            record["recv_queue"] = received
            record["send_queue"] = 0 if listening else sent
            record["backlog"] = sent if listening else None
        return record


def to_name(name: bytes | None) -> Name:
    """Return (path, abstract) for the bytes of UNIX_DIAG_NAME without the NUL at the end of a path."""
    if name is None:
        return NAMELESS
    return (escape(name), False) if name[0] else (escape(name[1:]), True)


class Kinds(dict["tuple[int, int]", Kind]):
    """Cache of the record fields by (type, state) of struct unix_diag_msg, equal to those from /proc/net/unix.

    The file distinguishes established, listening and other sockets only.
    """

    def __missing__(self, numbers: tuple[int, int]) -> Kind:
        """Make the fields and cache them."""
        kind, state = numbers
        flags = SO_ACCEPTCON if state == TCP_LISTEN else 0
        fields = self[numbers] = to_kind(0, flags, kind, SS_CONNECTED if state == TCP_ESTABLISHED else SS_UNCONNECTED)
        return fields


def parse_sockets(about: About, datagrams: Datagrams) -> Iterator[Socket | Problem]:
    """Yield the sockets of a dump in order; after a message that is not one, skip the rest of its datagram."""
    shapes = MessageShapes(about.order, _MESSAGE_SIZE, _FIELDS, kind=SOCK_DIAG_BY_FAMILY)
    for datagram in datagrams:
        for messages in shapes.unpack(datagram):
            families = [] if isinstance(messages, bytes) else messages.fixed("family")
            number = next((index for index, family in enumerate(families) if family != AF["unix"]), len(families))
            if isinstance(messages, Messages):
                yield from _make_sockets(messages)[:number]
            if isinstance(messages, bytes) or number < len(messages):
                raw = messages if isinstance(messages, bytes) else messages.fixed("raw")[number]
                yield Problem(SOURCE, "a message is not a UNIX socket", raw)
                break


def _make_sockets(messages: Messages) -> list[Socket]:
    absent = [None] * len(messages)
    names, vnodes, peers, received, sent, uids = (messages.column(name) or absent for name in _ATTRIBUTES)
    return [
        *map(
            Socket,
            *(messages.fixed(name) for name in ("type", "state", "inode")),
            [name and (name if name[0] == 0 else name.removesuffix(b"\0")) for name in names],
            vnodes,
            peers,
            [None if pair[0] is None else pair for pair in zip(received, sent, strict=True)],
            uids,
        )
    ]


def parse(about: About, datagrams: Datagrams) -> Iterator[Record | Problem | Gap]:
    """Yield the records of a dump without the file, each socket once.

    The kernel repeats sockets of a hash bucket that changes during the dump; they are counted in a gap.
    """
    kinds = Kinds()
    seen: set[int] = set()
    repeated = 0
    for socket in parse_sockets(about, datagrams):
        if isinstance(socket, Problem):
            yield socket
        elif socket.inode in seen:
            repeated += 1
        else:
            seen.add(socket.inode)
            yield socket.describe(kinds[socket.type, socket.state], None)
    if repeated:
        yield Gap("raced", SOURCE, "sockets that the kernel repeated were dropped", count=repeated)
