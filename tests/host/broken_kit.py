"""A kit of broken plugins: each is a distribution of one module, written into a folder that is put on the path."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from netstat_core.host.entry_points import EntryPoint

ENTRY = EntryPoint("strange", "nowhere", "netstat.plugins")
TCP = "sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
TCP += "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"

HEAD = """
import sys, time
from typing import Annotated, Any, TypedDict
from netstat_core.plugin import *
from netstat_core.plugin.sinks import Rendering, Sink

API = 0
FILE = File("/proc/net/toy")


class Toy(TypedDict):
    family: Annotated[str, Field("Address family")]
    name: Annotated[str, Field("What it is called")]


def record(name="car"):
    return {"family": "toy", "name": name}


def parse(_about, *contents):
    yield record()


def table(title="Toys", **changes):
    return plain_table("toy", title, (Column("Name", field="name"),)).replace(**changes)


def feed(parse=parse, inputs=(FILE,), **changes):
    return Feed("procfs", inputs=inputs, parse=parse, **changes)


def reader(name="toy", **changes):
    declared = {"table": "sockets", "position": 900, "families": ("toy",), "kind": "toy.socket", "record": Toy}
    declared |= {"feeds": (feed(),), "layouts": {"net-tools": table()}}
    return Reader(name, **{**declared, **changes})


def fail(*_arguments, **_more):
    raise RuntimeError("no\\n luck \\x1b[31m")


def leave(*_arguments, **_more):
    raise SystemExit(3)
"""

GIVING = """
@hookimpl
def netstat_readers():
    return [{expression}]
"""

SINKS = """
@hookimpl
def netstat_sinks():
    return [{expression}]
"""


class Mistake(NamedTuple):
    """One way to be broken: the module's text, words of the line that tells of it, and how it is asked for.

    ``met`` is the command line that meets the mistake; ``status`` how that ends; ``entry`` the entry point's name.
    ``is_told_always`` says that every report tells of it, whatever was asked for.
    """

    text: str
    words: tuple[str, ...]
    met: tuple[str, ...] = ("-A", "toy")
    status: int = 1
    entry: str = "toy"
    is_told_always: bool = True


def giving(expression: str, *before: str) -> str:
    """The module of a plugin that gives a reader."""
    return HEAD + "\n".join(before) + GIVING.format(expression=expression)


def showing(sink: str, *before: str) -> str:
    """The module of a plugin that gives a format, and a reader that works."""
    return HEAD + "\n".join(before) + GIVING.format(expression="reader()") + SINKS.format(expression=sink)


def install(folder: Path, text: str, entry: str = "toy", distribution: str = "netstat-toy") -> Path:
    """Write a distribution, with one plugin of this name, into a folder."""
    module = distribution.replace("-", "_") + "_plugin"
    about = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / f"{module}.py").write_text(text)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[netstat.plugins]\n{entry} = {module}\n")
    (about / "RECORD").write_text("")
    return folder


CSV = """
class Csv(Rendering):
    def __init__(self, out):
        self.out = out
"""
ASKED = ("--format", "csv", "-tln")
ENDLESS = "def endless():\n    while True:\n        yield {item}\n"

LOADING = {
    "the name of a built-in plugin": Mistake(
        giving("reader()"),
        ("plugin inet of netstat-toy", "entry point 'inet'", "built-in plugin inet"),
        ("-tln",),
        0,
        "inet",
    ),
    "the name of a built-in format's plugin": Mistake(
        giving("reader()"), ("plugin json of netstat-toy", "built-in plugin json"), ("--json", "-tln"), 0, "json"
    ),
    "an import that raises": Mistake(HEAD + "fail()", ("plugin toy: RuntimeError: no luck \\x1b[31m",)),
    "an import that leaves": Mistake(HEAD + "leave()", ("plugin toy: SystemExit: 3",)),
    "an import of what is not there": Mistake("import netstat_nowhere", ("ModuleNotFoundError", "netstat_nowhere")),
    "text that is no Python": Mistake("def (:\n", ("SyntaxError",)),
    "no API": Mistake(GIVING.format(expression=""), ("NameError",)),
    "another API": Mistake(HEAD + "API = 9", ("is written for API 9",)),
    "a position that is a text": Mistake(
        giving("R", "R = reader(position='first')"), ("Reader 'toy': position", "'first'")
    ),
    "a field that does not exist": Mistake(giving("R", "R = reader(colour='red')"), ("TypeError", "'colour'")),
    "a forgotten mark": Mistake(
        HEAD + "def netstat_readers():\n    return [reader()]\n", ("netstat_readers: lacks the decorator @hookimpl",)
    ),
    "no hook": Mistake(HEAD, ("implements no hook",)),
    "a hook that does not exist": Mistake(
        HEAD + "@hookimpl\ndef netstat_writers():\n    return []\n", ("netstat_writers",)
    ),
    "a hook with another argument": Mistake(
        HEAD + "@hookimpl\ndef netstat_readers(colours):\n    return []\n", ("colours",)
    ),
}

ANSWERING = {
    "a hook that returns None": Mistake(
        HEAD + "@hookimpl\ndef netstat_readers():\n    pass\n", ("netstat_readers: returned None",)
    ),
    "a hook that returns the reader": Mistake(
        HEAD + "@hookimpl\ndef netstat_readers():\n    return reader()\n", ("netstat_readers: returned a Reader",)
    ),
    "a hook that returns a dict": Mistake(
        giving("{'name': 'toy'}"), ("netstat_readers: returned dict among Reader objects",)
    ),
    "a hook that raises": Mistake(giving("fail()"), ("netstat_readers: RuntimeError: no luck \\x1b[31m",)),
    "a hook that leaves": Mistake(giving("leave()"), ("netstat_readers: SystemExit",)),
    "a hook without end": Mistake(
        giving("", ENDLESS.format(item="reader()")).replace("return []", "return endless()"), ("more than 500",)
    ),
}

DECLARING = {
    "no feeds": Mistake(giving("reader(feeds=())"), ("reader 'toy': feeds: must not be empty",)),
    "a feed that is none": Mistake(giving("reader(feeds=('procfs',))"), ("reader 'toy': feeds: str is not a Feed",)),
    "a layout that is none": Mistake(giving("reader(layouts={'net-tools': 5})"), ("reader 'toy': layouts: int",)),
    "a family that is a number": Mistake(giving("reader(families=('toy', 5))"), ("reader 'toy': families: 5",)),
    "a family with escape sequences": Mistake(
        giving("reader(families=('toy', '\\x1b[31m'))"), ("'toy': families: '\\x1b",)
    ),
    "a table with a hyphen": Mistake(giving("reader(table='toy-boxes')"), ("reader 'toy': table: 'toy-boxes'",)),
    "every table": Mistake(giving("reader(table='all')"), ("reader 'toy': table: 'all'",)),
    "a record that is no type of records": Mistake(
        giving("reader(record=int)"), ("reader 'toy': record: ", "TypedDict")
    ),
    "a schema that is none": Mistake(
        giving("reader(record={'type': 'thing', 'properties': {'a': {'type': 'b'}}})"),
        ("reader 'toy': record: not a JSON Schema",),
    ),
    "annotations that raise": Mistake(
        giving("reader(record=Odd)", "class Odd(TypedDict):\n    family: 'nowhere.at.all'\n"),
        ("reader 'toy': record: ",),
    ),
    "a record with a kind": Mistake(
        giving("reader(record=Odd)", "class Odd(Toy):\n    kind: Annotated[str, Field('?')]\n"),
        ("reader 'toy': record: 'kind' is a field that the host adds",),
    ),
    "a record with processes": Mistake(
        giving("reader(record=Odd)", "class Odd(Toy):\n    processes: Annotated[str, Field('?')]\n"),
        ("reader 'toy': record: 'processes' is a field that the host adds",),
    ),
    "an inode that no record has": Mistake(
        giving("reader(inode_field='inode')"), ("reader 'toy': inode_field: its records have no field 'inode'",)
    ),
    "inputs that are texts": Mistake(
        giving("reader(feeds=(feed(inputs=('/proc/net/toy',)),))"),
        ("plugin toy: netstat_readers: Feed 'procfs': inputs: must be inputs such as File, not '/proc/net/toy'",),
    ),
    "inputs that are one": Mistake(
        giving("reader(feeds=(feed(inputs=FILE),))"), ("Feed 'procfs': inputs: must be a tuple, not File",)
    ),
    "no inputs": Mistake(giving("reader(feeds=(feed(inputs=()),))"), ("Feed 'procfs': inputs: must not be empty",)),
    "inputs that are too many": Mistake(
        giving("reader(feeds=(feed(inputs=(FILE,) * 300),))"),
        ("reader 'toy': feed 'procfs': inputs: more than 256",),
    ),
    "inputs that raise": Mistake(
        giving("reader(feeds=(feed(inputs=(from_asked(fail),)),))"),
        ("reader 'toy': feed 'procfs': inputs: RuntimeError: no luck",),
    ),
    "an input that makes none": Mistake(
        giving("reader(feeds=(feed(inputs=(from_asked(lambda _asked: '/proc/net/toy'),)),))"),
        ("reader 'toy': feed 'procfs': inputs: AttributeError",),
    ),
    "a rule on what was asked that raises": Mistake(
        giving("reader(feeds=(feed(inputs=(FILE.when(fail),)),))"),
        ("reader 'toy': feed 'procfs': inputs: RuntimeError: no luck",),
    ),
    "a parser without arguments": Mistake(
        giving("reader(feeds=(feed(lambda: []),))"),
        ("plugin toy: netstat_readers: Feed 'procfs': parse: must take 2 arguments: about and one content",),
    ),
    "a source that is not of the network": Mistake(
        giving("reader(feeds=(feed(inputs=(File('/etc/passwd'),)),))"),
        ("reader 'toy': feed 'procfs': inputs: captures cannot read '/etc/passwd'",),
    ),
    "a dump that is not of the network": Mistake(
        giving("reader(feeds=(feed(inputs=(NetlinkDump('audit', protocol=9, type=1000, body=b''),)),))"),
        ("reader 'toy': feed 'procfs': inputs: captures cannot read 'audit'",),
    ),
}

CLASHING = {
    "a reader's name": Mistake(giving("reader('tcp')"), ("plugin toy: reader 'tcp': name: the built-in plugin inet",)),
    "a kind": Mistake(
        giving("reader(kind='inet.socket')"), ("plugin toy: reader 'toy': kind: 'inet.socket'", "built-in plugin inet")
    ),
    "what another reads": Mistake(
        giving("reader(families=('inet',), protocols=('tcp',))"),
        ("plugin toy: reader 'toy': families: reader 'tcp' of the built-in plugin inet reads 'tcp' of 'inet'",),
        ("-tln",),
        0,
    ),
    "an option as a family": Mistake(
        giving("reader(families=('json',))"), ("reader 'toy': families: 'json' is the option --json",), ("-A", "json")
    ),
    "help as a family": Mistake(
        giving("reader(families=('help',))"), ("reader 'toy': families: 'help' is the option --help",), ("-A", "help")
    ),
    "an abbreviation as a family": Mistake(
        giving("reader(families=('rout',))"), ("reader 'toy': families: 'rout' is short for",), ("-A", "rout")
    ),
}

PARSING = {
    "a parser that raises": Mistake(
        giving("reader(feeds=(feed(fail),))"),
        ("reader 'toy': ", "RuntimeError: no luck \\x1b[31m"),
        is_told_always=False,
    ),
    "a parser that leaves": Mistake(
        giving("reader(feeds=(feed(leave),))"), ("reader 'toy': ", "SystemExit: 3"), is_told_always=False
    ),
    "a parser that raises what is no Exception": Mistake(
        giving("reader(feeds=(feed(odd),))", "def odd(*_):\n    yield record()\n    raise BaseException('odd')\n"),
        ("reader 'toy': parse: BaseException: odd",),
        is_told_always=False,
    ),
    "a parser that returns None": Mistake(
        giving("reader(feeds=(feed(lambda *_: None),))"), ("reader 'toy': parse: TypeError",), is_told_always=False
    ),
    "a parser that gives a text": Mistake(
        giving("reader(feeds=(feed(lambda *_: ['car']),))"), ("reader 'toy': parse: yielded str",), is_told_always=False
    ),
    "a problem that is none": Mistake(
        giving("reader(feeds=(feed(lambda *_: [Problem(object(), 'bad', 'text')]),))"),
        ("reader 'toy': parse: yielded a Problem with source",),
        is_told_always=False,
    ),
    "a gap that is none": Mistake(
        giving("reader(feeds=(feed(lambda *_: [Gap('because', 'x', 'y')]),))"),
        ("reader 'toy': parse: yielded a Gap with reason 'because'",),
        is_told_always=False,
    ),
    "a value that JSON does not have": Mistake(
        giving("reader(feeds=(feed(lambda *_: [record(object())]),))"),
        ("toy: plugin toy, reader toy, feed procfs, kind toy.socket",),
        status=4,
        is_told_always=False,
    ),
    "many wrong records": Mistake(
        giving("reader(feeds=(feed(lambda *_: [record(number) for number in range(3000)]),))"),
        ("toy: plugin toy, reader toy, feed procfs, kind toy.socket",),
        status=4,
        is_told_always=False,
    ),
    "inputs that refuse everything": Mistake(
        giving(
            "reader(feeds=(feed(inputs=(from_asked(refuse),)),))", "def refuse(_asked):\n    raise Refused('never')\n"
        ),
        ("never",),
        status=3,
        is_told_always=False,
    ),
}

LOOKING = {
    "a heading that raises": Mistake(
        giving("reader(layouts={'net-tools': table(block=Block('toy', heading=fail))})"),
        ("plugin toy: reader 'toy': layout: RuntimeError: no luck \\x1b[31m",),
        is_told_always=False,
    ),
    "a heading that is none": Mistake(
        giving("reader(layouts={'net-tools': table(block=Block('toy', heading=lambda *_: None))})"),
        ("plugin toy: reader 'toy': layout: AttributeError",),
        is_told_always=False,
    ),
    "rows that raise": Mistake(
        giving("reader(layouts={'net-tools': table(rows=fail)})"),
        ("plugin toy: reader 'toy': layout: RuntimeError: no luck",),
        is_told_always=False,
    ),
    "rows that leave": Mistake(
        giving("reader(layouts={'net-tools': table(rows=lambda *_: leave)})"),
        ("plugin toy: reader 'toy': layout: SystemExit: 3",),
        is_told_always=False,
    ),
    "rows that are none": Mistake(
        giving("reader(layouts={'net-tools': table(rows=lambda *_: lambda _batch: 5)})"),
        ("plugin toy: reader 'toy': layout: AttributeError",),
        is_told_always=False,
    ),
    "needs that raise": Mistake(
        giving("reader(layouts={'net-tools': table(needs=fail)})"),
        ("reader 'toy': layout: needs: RuntimeError: no luck",),
        is_told_always=False,
    ),
    "a rule that raises": Mistake(
        giving("reader(layouts={'net-tools': table(shown=fail)})"),
        ("reader 'toy': layout: shown: RuntimeError: no luck",),
        is_told_always=False,
    ),
    "a rule that raises for a record": Mistake(
        giving("reader(layouts={'net-tools': table(shown=lambda _query: fail)})"),
        ("reader 'toy': listening, or layout: shown: RuntimeError: no luck",),
        is_told_always=False,
    ),
    "complaints that raise": Mistake(
        giving("reader(feeds=(feed(lambda *_: [Problem('/x', 'bad')]),), layouts={'net-tools': table(complain=fail)})"),
        ("plugin toy: reader 'toy': layout: complain: RuntimeError: no luck",),
        is_told_always=False,
    ),
    "complaints that are none": Mistake(
        giving(
            "reader(feeds=(feed(lambda *_: [Problem('/x', 'bad')]),),"
            " layouts={'net-tools': table(complain=lambda *_: 'bad')})"
        ),
        ("plugin toy: reader 'toy': layout: complain: gave str",),
        is_told_always=False,
    ),
}

FORMATS = {
    "a format called text": Mistake(
        showing("Sink('text', meaning='?', make=Csv)", CSV), ("plugin toy: format 'text': name",), ("--json", "-tln"), 0
    ),
    "a format called json": Mistake(
        showing("Sink('json', meaning='?', make=Csv)", CSV),
        ("plugin toy: format 'json': name: the built-in plugin json",),
        ("--json", "-tln"),
        0,
    ),
    "a format that is none": Mistake(
        showing("'csv'"), ("plugin toy: netstat_sinks: returned str among Sink objects",), ("--json", "-tln"), 0
    ),
    "formats that raise": Mistake(
        showing("fail()"), ("plugin toy: netstat_sinks: RuntimeError: no luck",), ("--json", "-tln"), 0
    ),
    "make without arguments": Mistake(
        showing("Sink('csv', meaning='?', make=lambda: None)"), ("plugin toy: format 'csv': make: TypeError",), ASKED
    ),
    "make that raises": Mistake(
        showing("Sink('csv', meaning='?', make=fail)"),
        ("plugin toy: format 'csv': make: RuntimeError: no luck",),
        ASKED,
    ),
    "make of something else": Mistake(
        showing("Sink('csv', meaning='?', make=lambda out: out)"), ("plugin toy: format 'csv': make: gave",), ASKED
    ),
    "a rendering that inherits nothing": Mistake(
        showing("Sink('csv', meaning='?', make=Bare)", "class Bare:\n    def __init__(self, out):\n        pass\n"),
        ("plugin toy: format 'csv': make: gave Bare, not Rendering",),
        ASKED,
    ),
    "a rendering that writes text": Mistake(
        showing(
            "Sink('csv', meaning='?', make=Csv)", CSV + "    def batch(self, *_):\n        self.out.write('text')\n"
        ),
        ("plugin toy: format 'csv': batch: TypeError",),
        ASKED,
    ),
    "a rendering that raises at the start": Mistake(
        showing("Sink('csv', meaning='?', make=Csv)", CSV + "    begin = fail\n"),
        ("format 'csv': begin: RuntimeError",),
        ASKED,
    ),
    "a rendering that raises at the end": Mistake(
        showing("Sink('csv', meaning='?', make=Csv)", CSV + "    end = fail\n"),
        ("format 'csv': end: RuntimeError",),
        ASKED,
    ),
    "a rendering that leaves": Mistake(
        showing("Sink('csv', meaning='?', make=Csv)", CSV + "    batch = leave\n"),
        ("format 'csv': batch: SystemExit: 3",),
        ASKED,
    ),
    "a rendering with an error of a file": Mistake(
        showing(
            "Sink('csv', meaning='?', make=Csv)", CSV + "    def end(self, tail):\n        open('/nowhere/at/all')\n"
        ),
        ("format 'csv': end: FileNotFoundError",),
        ASKED,
    ),
    "asks that raises": Mistake(
        showing("Sink('csv', meaning='?', make=Csv, asks=fail)", CSV),
        ("format 'csv': asks: RuntimeError",),
        ("--format", "csv"),
    ),
    "asks that gives something else": Mistake(
        showing("Sink('csv', meaning='?', make=Csv, asks=lambda *_: 5)", CSV),
        ("format 'csv': asks: gave int, not Query",),
        ("--format", "csv"),
    ),
}

SPENDING = {
    "records without end": Mistake(
        giving("reader(feeds=(feed(lambda *_: endless()),))", ENDLESS.format(item="record()")),
        ("plugin toy: reader 'toy': more than 0.2 seconds of parser time",),
        is_told_always=False,
    ),
    "empty lists without end": Mistake(
        giving("reader(feeds=(feed(lambda *_: endless()),))", ENDLESS.format(item="[]")),
        ("plugin toy: reader 'toy': more than 0.2 seconds of parser time",),
        is_told_always=False,
    ),
    "None without end": Mistake(
        giving("reader(feeds=(feed(lambda *_: endless()),))", ENDLESS.format(item="None")),
        ("plugin toy: reader 'toy': parse: yielded NoneType",),
        is_told_always=False,
    ),
    "gaps without end": Mistake(
        giving("reader(feeds=(feed(lambda *_: endless()),))", ENDLESS.format(item="Gap('raced', '/x', 'y')")),
        ("plugin toy: reader 'toy': more than 1000 gaps",),
        is_told_always=False,
    ),
    "a parser that sleeps": Mistake(
        giving(
            "reader(feeds=(feed(lambda *_: slow()),))",
            "def slow():\n    while True:\n        time.sleep(0.05)\n        yield record()\n",
        ),
        ("plugin toy: reader 'toy': more than 0.2 seconds of parser time",),
        is_told_always=False,
    ),
    "a parser that cannot be closed": Mistake(
        giving(
            "reader(feeds=(feed(lambda *_: stubborn()),))",
            "def stubborn():\n    while True:\n        try:\n            yield record()\n"
            "        except BaseException:\n            pass\n",
        ),
        ("plugin toy: reader 'toy': more than 0.2 seconds of parser time",),
        is_told_always=False,
    ),
}


def budget(mistake: Mistake) -> float:
    """Give the seconds that readers of plugins may take: few if they are used up, else enough for a busy machine."""
    return 0.2 if "more than 0.2 seconds" in mistake.words[0] else 100.0
