# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netstat.core.plugins.filter import parse
from ansible_collections.netstat.core.plugins.module_utils import capture
from ansible_collections.netstat.core.plugins.module_utils.plans import preset_plan
from ansible_collections.netstat.core.plugins.test import listening_on

listens = listening_on.TestModule().tests()["listening_on"]
parsed = parse.FilterModule().filters()["parse"]


@pytest.fixture(name="listener", scope="module")
def fixture_listener():
    """Give the port of a listening socket of this process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(name="snapshot", scope="module")
def fixture_snapshot(listener):
    """Give a snapshot taken while the socket listens."""
    assert listener
    return capture.pack(capture.run(preset_plan("listening")))


def test_listener_is_found(listener, snapshot):
    """A listener is found by its port, however that is written, and only on its address."""
    facts = parsed(snapshot)
    assert listens(facts, listener)
    assert listens(facts, "tcp/%d" % listener, address="127.0.0.1")
    assert not listens(facts, listener, address="127.0.0.2")


def test_what_was_not_read_is_not_denied(listener, snapshot):
    """Where the protocol was not asked for, the test fails with a sentence instead of answering."""
    with pytest.raises(AnsibleFilterError, match="tcp"):
        listens(parsed(snapshot, protocols=["udp"]), listener)
