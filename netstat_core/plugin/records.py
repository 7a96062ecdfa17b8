"""Record types: how fields are declared, and the field types that kinds share.

A record type is a ``TypedDict`` whose fields are annotated with :class:`Field`. Its JSON Schema is generated from it.
"""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from typing import Annotated, Any, TypedDict

from netstat_core.plugin.values import Value, name_field

Record = dict[str, Any]
"""One record: a dict of plain values that ``json.dumps`` accepts."""

LEAST_INTEGER, GREATEST_INTEGER = -(1 << 63), (1 << 64) - 1
"""Bounds of every integer in a record: 64 bits, as kernel fields and many JSON parsers have."""


def bounded(number: int) -> int:
    """Return ``number`` if a record may hold it; raises ValueError if it has more than 64 bits.

    >>> bounded(-5)
    -5
    """
    if not LEAST_INTEGER <= number <= GREATEST_INTEGER:
        raise ValueError("a number of more than 64 bits")
    return number


def unsigned(word: bytes, base: int = 10) -> int:
    """Parse an unsigned 32-bit integer that some kernels print as a signed one (``%d``).

    Larger numbers are taken modulo 2**32. Raises ValueError if ``word`` is not an integer in ``base``, or has more than
    64 bits.

    >>> unsigned(b"-1"), unsigned(b"ff", 16)
    (4294967295, 255)
    """
    return bounded(int(word, base)) & 0xFFFFFFFF


class Field(Value):
    """Annotation of a record field: what it means and which values it takes.

    Use it as ``port: Annotated[int, Field("Port number", minimum=0)]``.

    * ``meaning``: one phrase for people; it becomes the description in the schema.
    * ``minimum``, ``maximum``: inclusive bounds of a number.
    * ``words``: the words of an enumeration; ``pattern``: a regular expression for other texts it allows.
    * ``mark``: what the value identifies (``address``, ``prefix``, ``port``, ``user``, ``hardware_address``,
      ``interface``, ``name`` or ``path``). The names section looks such values up, and redaction replaces them.
      ``word`` says that a text identifies nothing: it is a word of the kernel's or the program's, or a time. Redaction
      removes texts that have neither a mark nor ``words``.
    * ``never_null``: for a redeclared field of a shared type such as :class:`SocketRecord`, which allows null: this
      kind always has a value.
    """

    meaning: str = name_field(kw_only=False)
    minimum: int | None = None
    maximum: int | None = None
    words: tuple[str, ...] = ()
    pattern: str | None = None
    mark: str | None = None
    never_null: bool = False


Address = Annotated[str, Field("Network address in canonical text form", mark="address")]
Port = Annotated[int, Field("Port number; 0 stands for any", minimum=0, maximum=0xFFFF, mark="port")]
Count = Annotated[int, Field("A number of things", minimum=0)]
Bytes = Annotated[int, Field("A number of bytes", minimum=0)]
Inode = Annotated[int, Field("Inode number of the socket; null where the kernel keeps none", minimum=1)]
Uid = Annotated[int, Field("User id of the socket's owner", minimum=0, maximum=0xFFFFFFFF, mark="user")]
InterfaceName = Annotated[str, Field("Name of a network interface", mark="interface")]


class SocketRecord(TypedDict):
    """The fields that records of sockets share, whatever their family; null where a kind has none.

    Extend it for a kind of sockets. The types are wide, since a TypedDict cannot narrow a field. A kind may redeclare a
    field with the same type to give it ``words`` and a meaning of its own; ``Field(never_null=True)`` excludes null.
    """

    family: Annotated[str, Field("Address family")]
    protocol: Annotated[str | None, Field("Protocol; the family's name where it has but one")]
    state: Annotated[str | None, Field("State of the socket")]
    listening: Annotated[bool, Field("Accepts connections")]
    recv_queue: Annotated[Bytes | None, Field("Bytes received and not yet read")]
    send_queue: Annotated[Bytes | None, Field("Bytes sent or to be sent, not yet acknowledged")]
    uid: Annotated[Uid | None, Field("User id of the socket's owner; null where the kernel does not tell")]
    inode: Inode | None


class NetworkNamespace(TypedDict):
    """The network namespace a record was seen in."""

    inode: Annotated[int | None, Field("Inode of the namespace in nsfs, the number in net:[N]", minimum=0)]
    name: Annotated[str | None, Field("Name under /run/netns, null where it has none", mark="name")]


class Process(TypedDict):
    """A process that holds a descriptor of the socket."""

    pid: Annotated[int, Field("Process id, as seen from the PID namespace of the capture", minimum=1)]
    uid: Annotated[int | None, Field("Real user id of the process", minimum=0)]
    name: Annotated[str | None, Field("Command name as the kernel keeps it (/proc/PID/comm)", mark="name")]
    command: Annotated[
        list[str] | None,
        Field(
            "Command line of the process (/proc/PID/cmdline): its first argument alone, all where arguments were asked"
            " for; empty for kernel threads",
            mark="name",
        ),
    ]


class Container(TypedDict):
    """The container a process runs in, the innermost one."""

    id: Annotated[str, Field("Id of the container, its name where the runtime uses names", mark="name")]
    runtime: Annotated[
        str | None,
        Field(
            "Container runtime; null where the path does not tell",
            words=("docker", "containerd", "cri-o", "podman", "lxc", "systemd-nspawn"),
        ),
    ]


class DescribedProcess(Process, total=False):
    """A process, with what was asked for beyond its name: ``context`` with -Z, the others with --who."""

    context: Annotated[str | None, Field("Security context of the process (/proc/PID/attr/current)", mark="name")]
    descriptors: Annotated[
        list[int] | None, Field("Numbers of the descriptors that are the socket, ascending; null where not recorded")
    ]
    executable: Annotated[
        str | None, Field("Path of the program as the kernel tells it, ending in ' (deleted)' if removed", mark="path")
    ]
    started_at: Annotated[
        str | None, Field("When the process started, ISO 8601 UTC; exact to a second or two", mark="word")
    ]
    cgroup: Annotated[
        str | None, Field("Path of its control group: version 2's, or the one systemd keeps in version 1", mark="path")
    ]
    unit: Annotated[
        str | None,
        Field("Unit of the system's systemd; of a socket that process 1 holds, the socket unit if known", mark="name"),
    ]
    user_unit: Annotated[str | None, Field("Unit of a user's systemd; null outside of one", mark="name")]
    socket_unit: Annotated[
        str | None, Field("Socket unit that this descriptor was passed on by (LISTEN_FDNAMES)", mark="name")
    ]
    container: Annotated[Container | None, Field("Container it runs in; null outside of one, as far as paths tell")]
    pod: Annotated[str | None, Field("Id of the Kubernetes pod it runs in", mark="name")]


def inode_of(namespace: NetworkNamespace | None) -> int | None:
    """Return the inode number that identifies a namespace; None if unknown."""
    return namespace["inode"] if namespace else None


class HostFields(TypedDict):
    """What the host adds to every record."""

    network_namespace: Annotated[NetworkNamespace | None, Field("Where it was seen; null in a snapshot without names")]


class LabelFields(TypedDict):
    """What ``--host`` adds to every record of a report, so that reports of many machines can be put together."""

    host: Annotated[str, Field("Name of the machine, as --host gives it; absent without that option", mark="name")]
    captured_at: Annotated[
        str | None,
        Field("Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host", mark="word"),
    ]


class OwnedFields(HostFields):
    """What the host adds to records of sockets."""

    processes: Annotated[
        list[DescribedProcess] | None,
        Field(
            "Processes that hold the socket; null if not asked for or not known, empty if every process could be seen "
            "and none holds it: it is the kernel's, or has no inode and belongs to none yet or any longer"
        ),
    ]
