# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netstat.core.plugins.filter import drift, parse, where
from ansible_collections.netstat.core.plugins.module_utils import capture
from ansible_collections.netstat.core.plugins.module_utils.plans import preset_plan

parsed = parse.FilterModule().filters()["parse"]
kept = where.FilterModule().filters()["where"]
differences = drift.FilterModule().filters()["drift"]


@pytest.fixture(name="snapshot", scope="module")
def fixture_snapshot():
    """Give a snapshot of this machine."""
    return capture.pack(capture.run(preset_plan("listening")))


def test_parse_makes_facts_of_a_snapshot(snapshot):
    """A snapshot, or the result of the task that took it, becomes the same facts."""
    facts = parsed(snapshot)
    assert facts["schema"] == "urn:netstat:facts:1"
    assert {"listening", "interfaces", "totals"} <= set(facts)
    assert parsed({"snapshot": snapshot, "changed": False}) == facts


def test_parse_takes_the_options_of_the_module(snapshot):
    """What is not asked for is not in the facts, and an option that does not exist is named."""
    assert "listening" not in parsed(snapshot, tables=["interfaces"])
    with pytest.raises(AnsibleFilterError, match="colour"):
        parsed(snapshot, colour="red")


@pytest.mark.parametrize("garbage", ["", "netstat-capture/1:", "netstat-capture/1:AAAA", "{{ 7 * 7 }}", 5, None, {}])
def test_parse_refuses_garbage_in_one_line(garbage):
    """What is no snapshot is refused in one line."""
    with pytest.raises(AnsibleFilterError) as refused:
        parsed(garbage)
    assert "\n" not in str(refused.value)


def test_where_keeps_the_records_that_match():
    """An expression is applied to each record, and a wrong one is named."""
    records = [{"kind": "inet.socket", "state": state, "local_port": 22} for state in ("LISTEN", "ESTABLISHED")]
    assert kept(records, "state == 'LISTEN'") == records[:1]
    with pytest.raises(AnsibleFilterError, match="state =="):
        kept(records, "state ==")


def test_drift_of_facts_to_themselves_is_none(snapshot):
    """Facts do not differ from themselves, and a listener that is gone is told."""
    facts = parsed(snapshot)
    assert differences(facts, facts)["same"]
    before = dict(facts, listening=dict(facts["listening"], **{"tcp/1": {"addresses": ["::1"], "processes": ["old"]}}))
    found = differences(facts, before)
    assert not found["same"]
    assert list(found["removed"]["listening"]) == ["tcp/1"]
