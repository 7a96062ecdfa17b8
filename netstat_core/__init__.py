"""netstat-core: the kernel's network state as records and as netstat's text.

These are the names that plugins and callers may rely on.
"""

from netstat_core.collect import collect, open_report
from netstat_core.errors import NetstatError, SourceError, UsageError
from netstat_core.hookspecs import hookimpl
from netstat_core.layouts import Block, Column, Complaint, Layout, plain_table
from netstat_core.query import Query
from netstat_core.readers import About, Change, Explanation, Feed, Gap, Problem, Reader, Trait
from netstat_core.records import Field, Record, escape, printable, unescape
from netstat_core.sinks import Head, Sink, Tail
from netstat_core.sources import Directory, File, NetlinkDump

__all__ = [
    "About",
    "Block",
    "Change",
    "Column",
    "Complaint",
    "Directory",
    "Explanation",
    "Feed",
    "Field",
    "File",
    "Gap",
    "Head",
    "Layout",
    "NetlinkDump",
    "NetstatError",
    "Problem",
    "Query",
    "Reader",
    "Record",
    "Sink",
    "SourceError",
    "Tail",
    "Trait",
    "UsageError",
    "collect",
    "escape",
    "hookimpl",
    "open_report",
    "plain_table",
    "printable",
    "unescape",
]
