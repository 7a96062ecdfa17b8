"""The contract: what a plugin declares, what its parsers get and yield, and how sinks are written.

Everything that a plugin needs is here; what is below is the host's own business.
"""

from netstat_core.errors import Refused, SourceError, UsageError
from netstat_core.escape import escape, printable, unescape
from netstat_core.plugin.asked import About
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.hooks import API, hookimpl
from netstat_core.plugin.netlink import (
    AF,
    ATTRIBUTE_HEADER,
    ATTRIBUTE_TYPE,
    HEADER,
    LINK_SIZE,
    LINKS,
    NEW_LINK,
    Attributes,
    Datagrams,
    align4,
    attributes,
    each_attribute,
    interface_names,
    messages,
)
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Change, Explanation, Feed, Parsed, Reader
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
)
from netstat_core.plugin.sinks import Head, Rendering, Sink, Tail
from netstat_core.plugin.socket_text import owner_cells, owner_heading, scope
from netstat_core.plugin.sources import Directory, File, NetlinkDump, Rows, Source
from netstat_core.plugin.text import Block, Column, Complaint, FormatRows, Layout, Names, Style, is_silent, plain_table
from netstat_core.query import Query

__all__ = [
    "AF",
    "API",
    "ATTRIBUTE_HEADER",
    "ATTRIBUTE_TYPE",
    "GREATEST_INTEGER",
    "HEADER",
    "LEAST_INTEGER",
    "LINKS",
    "LINK_SIZE",
    "NEW_LINK",
    "About",
    "Address",
    "Attributes",
    "Batch",
    "Block",
    "Bytes",
    "Change",
    "Column",
    "Complaint",
    "Count",
    "Datagrams",
    "Directory",
    "Explanation",
    "Feed",
    "Field",
    "File",
    "FormatRows",
    "Gap",
    "Head",
    "Inode",
    "InterfaceName",
    "Layout",
    "Names",
    "NetlinkDump",
    "NetworkNamespace",
    "Parsed",
    "Port",
    "Problem",
    "Query",
    "Reader",
    "Record",
    "Refused",
    "Rendering",
    "Rows",
    "Sink",
    "SocketRecord",
    "Source",
    "SourceError",
    "Style",
    "Tail",
    "Trait",
    "Uid",
    "UsageError",
    "align4",
    "attributes",
    "bounded",
    "each_attribute",
    "escape",
    "hookimpl",
    "interface_names",
    "is_silent",
    "messages",
    "owner_cells",
    "owner_heading",
    "plain_table",
    "printable",
    "scope",
    "unescape",
]
