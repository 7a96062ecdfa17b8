"""The plugin contract: import everything a plugin needs from this module.

* Hooks: :data:`hookimpl` marks ``netstat_readers`` and ``netstat_sinks``; the module states ``API = 0``.
* A :class:`Reader` declares one protocol or kernel object: record type, feeds and layouts.
* A :func:`feed` combines inputs (:class:`File`, :class:`Directory`, :class:`NetlinkDump`) with a parser.
* A parser is a pure function. It yields records, :class:`Problem`, :class:`Trait` and :class:`Gap` objects.
* A :class:`Layout`, most simply a :func:`plain_table`, turns records into text.
* A :class:`Sink` is an output format.

Submodules are internal: their names may move without notice. docs/plugins.md has a complete example.
"""

from netstat_core.errors import Refused, SourceError, UsageError
from netstat_core.escape import escape, printable, unescape
from netstat_core.plugin.asked import About, Asked
from netstat_core.plugin.batches import Batch, Same
from netstat_core.plugin.feeds import Feed, Group, Parsed, feed
from netstat_core.plugin.hooks import API, hookimpl
from netstat_core.plugin.message_fields import REST, AttributeField, FixedField
from netstat_core.plugin.message_shapes import MessageGroup, Messages, MessageShapes
from netstat_core.plugin.netlink import (
    AF,
    IFINFOMSG_SIZE,
    LINKS,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NLA_HDRLEN,
    NLA_TYPE_MASK,
    NLMSG_HDRLEN,
    RTM_GETLINK,
    RTM_NEWLINK,
    Attributes,
    align4,
    attributes,
    each_attribute,
    interface_names,
    messages,
)
from netstat_core.plugin.outcomes import Attempt, Gap, Problem, Trait
from netstat_core.plugin.plain_tables import Column, OwnerColumn, plain_table
from netstat_core.plugin.readers import Change, Explanation, Reader
from netstat_core.plugin.records import (
    GREATEST_INTEGER,
    LEAST_INTEGER,
    Address,
    Bytes,
    Count,
    Field,
    Inode,
    InterfaceName,
    NetworkNamespace,
    Port,
    Record,
    SocketRecord,
    Uid,
    bounded,
    unsigned,
)
from netstat_core.plugin.sinks import Head, Rendering, Sink, Tail
from netstat_core.plugin.socket_text import owner_cells, owner_column, owner_heading, scope
from netstat_core.plugin.sources import (
    NETLINK_SOCK_DIAG,
    Datagrams,
    DatedContent,
    Directory,
    File,
    Input,
    NetlinkDump,
    Rows,
    Sign,
    Source,
    from_asked,
    sock_diag,
)
from netstat_core.plugin.text import (
    Block,
    Complaint,
    FormatRows,
    Layout,
    Names,
    Style,
    is_silent,
    no_support,
    unsupported,
)
from netstat_core.plugin.text_files import Header, TextFile
from netstat_core.query import Query

__all__ = [
    "AF",
    "API",
    "GREATEST_INTEGER",
    "IFINFOMSG_SIZE",
    "LEAST_INTEGER",
    "LINKS",
    "NETLINK_NETFILTER",
    "NETLINK_ROUTE",
    "NETLINK_SOCK_DIAG",
    "NLA_HDRLEN",
    "NLA_TYPE_MASK",
    "NLMSG_HDRLEN",
    "REST",
    "RTM_GETLINK",
    "RTM_NEWLINK",
    "About",
    "Address",
    "Asked",
    "Attempt",
    "AttributeField",
    "Attributes",
    "Batch",
    "Block",
    "Bytes",
    "Change",
    "Column",
    "Complaint",
    "Count",
    "Datagrams",
    "DatedContent",
    "Directory",
    "Explanation",
    "Feed",
    "Field",
    "File",
    "FixedField",
    "FormatRows",
    "Gap",
    "Group",
    "Head",
    "Header",
    "Inode",
    "Input",
    "InterfaceName",
    "Layout",
    "MessageGroup",
    "MessageShapes",
    "Messages",
    "Names",
    "NetlinkDump",
    "NetworkNamespace",
    "OwnerColumn",
    "Parsed",
    "Port",
    "Problem",
    "Query",
    "Reader",
    "Record",
    "Refused",
    "Rendering",
    "Rows",
    "Same",
    "Sign",
    "Sink",
    "SocketRecord",
    "Source",
    "SourceError",
    "Style",
    "Tail",
    "TextFile",
    "Trait",
    "Uid",
    "UsageError",
    "align4",
    "attributes",
    "bounded",
    "each_attribute",
    "escape",
    "feed",
    "from_asked",
    "hookimpl",
    "interface_names",
    "is_silent",
    "messages",
    "no_support",
    "owner_cells",
    "owner_column",
    "owner_heading",
    "plain_table",
    "printable",
    "scope",
    "sock_diag",
    "unescape",
    "unsigned",
    "unsupported",
]
