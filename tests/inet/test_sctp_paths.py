"""SCTP associations: streams, windows, and the addresses of the peer, each with its state."""

from __future__ import annotations

from typing import Any

import pytest
from built_sockets import ASSOCS, REMADDR, SCTP, sctp, sctp_info
from netstat_inet import netlink_sctp_diag, proc_sctp

from netstat_core.plugin import About, Gap, Problem, Record
from netstat_core.plugin.asked import Asked

ABOUT = About(Asked())


def read_files(assocs: bytes = ASSOCS, remaddr: bytes | None = REMADDR) -> list[Any]:
    """Return all that the files give."""
    names = dict.fromkeys(proc_sctp.INPUTS.inputs)
    return list(proc_sctp.parse(ABOUT, {**names, "sctp/assocs": assocs, "paths": remaddr}))


def read_dump(message: bytes, assocs: bytes | None = ASSOCS, remaddr: bytes | None = REMADDR) -> Record:
    """Return the one record of a dump."""
    contents = {"sctp": [message], "sctp6": None, "links": None, "assocs": assocs, "paths": remaddr}
    (record,) = netlink_sctp_diag.parse(ABOUT, contents)
    assert isinstance(record, dict)
    return record


def states(record: Record) -> list[str | None]:
    """Return the states of the paths, in order."""
    return [path["state"] for path in record["sctp"]["paths"]]


ASSOCIATION = SCTP.dumps["sock_diag/sctp"][3]


def test_files_and_dump_agree() -> None:
    """Both tell the same of an association, but that windows are in the dump alone."""
    (from_files,) = read_files()
    from_dump = read_dump(ASSOCIATION)
    only_in_dump = {"send_window_bytes": 65535, "receive_window_bytes": 106496, "receive_buffer_bytes": 212992}
    assert from_dump["sctp"] == from_files["sctp"] | only_in_dump
    assert {from_files["sctp"][field] for field in only_in_dump} == {None}
    assert (from_files["sctp"]["inbound_streams"], from_files["sctp"]["outbound_streams"]) == (5, 10)


def test_the_primary_path_need_not_be_the_first() -> None:
    """Addresses keep the order of the kernel, which netstat's text shows; the star marks the primary path."""
    (record,) = read_files()
    assert record["remote_addresses"] == ["10.1.0.9", "10.2.0.9", "10.3.0.9"]
    assert [path["address"] for path in record["sctp"]["paths"]] == record["remote_addresses"]
    assert [path["primary"] for path in record["sctp"]["paths"]] == [False, True, False]
    assert states(record) == ["active", "active", "inactive"]


def test_without_a_star_no_path_is_the_primary_one() -> None:
    """A row that does not say which path is the primary one leaves that null for all."""
    (record,) = read_files(ASSOCS.replace(b"*", b""))
    assert {path["primary"] for path in record["sctp"]["paths"]} == {None}


def test_a_dump_alone_knows_the_primary_path() -> None:
    """Without the files struct sctp_info has the state of the primary path, and that of the others is null."""
    assert states(read_dump(ASSOCIATION, None, None)) == [None, "active", None]
    assert states(read_dump(ASSOCIATION, ASSOCS, None)) == [None, "active", None]


def test_another_association_is_not_taken_for_this_one() -> None:
    """The states of paths belong to socket, ports and addresses together."""
    message = sctp(3, (2905, 40001), "10.1.0.1", "10.1.0.9 10.2.0.9", inode=511, info=sctp_info((0, 0), (1, 1), "::"))
    assert states(read_dump(message)) == [None, None]


def test_associations_without_a_number_may_differ() -> None:
    """All that are not established have number 0: where states of an address differ, none is told."""
    row = ASSOCS.splitlines(keepends=True)[1].replace(b"       8     1200", b"       0     1200")
    paths = REMADDR.replace(b"  8 ", b"  0 ") + b"10.1.0.9  0 1 750 5 0 0 65535\n"
    (record,) = read_files(ASSOCS.splitlines(keepends=True)[0] + row, paths)
    assert states(record) == [None, "active", "inactive"]


def test_older_kernels_tell_less() -> None:
    """Before Linux 3.15 there was no column STATE, and long before none for streams."""
    header = REMADDR.splitlines()[0].removesuffix(b" STATE") + b"\n"
    rows = b"".join(line[:-2] + b"\n" for line in REMADDR.splitlines()[1:])
    (record,) = read_files(ASSOCS.replace(b" INS OUTS", b""), header + rows)
    assert states(record) == [None, None, None]
    assert record["sctp"]["inbound_streams"] is record["sctp"]["outbound_streams"] is None


@pytest.mark.parametrize("row", [b"10.1.0.9  8 1 750 5 0 0", b"10.1.0  8 1 750 5 0 0 2", b"10.1.0.9 x 1 750 5 0 0 2"])
def test_a_bad_row_of_paths_is_a_problem(row: bytes) -> None:
    """What is no row of a path is told with its line, and the other rows count."""
    record, problem = read_files(remaddr=REMADDR + row + b"\n")
    assert isinstance(problem, Problem)
    assert (problem.raw, problem.line) == (row, 5)
    assert states(record) == ["active", "active", "inactive"]


def test_a_cut_file_of_paths_is_a_gap() -> None:
    """A file of paths that ends within a line is told, in both feeds."""
    assert [type(one) for one in read_files(remaddr=REMADDR[:-1])] == [dict, Gap]
    contents = {"sctp": [], "sctp6": None, "links": None, "assocs": ASSOCS, "paths": REMADDR[:-1]}
    assert [type(one) for one in netlink_sctp_diag.parse(ABOUT, contents)] == [Gap]
