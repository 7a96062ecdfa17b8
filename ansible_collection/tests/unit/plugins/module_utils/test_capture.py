# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import json
import zlib

import pytest
from ansible_collections.netstat.core.plugins.module_utils import capture
from ansible_collections.netstat.core.plugins.module_utils.plans import PLANS, preset_plan


def contents(packed):
    """What is in packed text, by path."""
    assert packed.startswith(capture.MARK)
    unpacked = zlib.decompress(base64.b64decode(packed[len(capture.MARK) :]))
    index, _newline, rest = unpacked.partition(b"\n")
    found = {}
    for name, size in json.loads(index.decode()):
        found[name], rest = rest[:size], rest[size:]
    return found


@pytest.mark.parametrize("preset", list(PLANS))
def test_presets_run_on_this_python(preset):
    """What a preset reads is allowed, and packed with the description of the machine."""
    plan = preset_plan(preset)
    capture.check(plan)
    found = contents(capture.pack(capture.run(plan)))
    described = json.loads(found[capture.DESCRIPTION].decode())
    assert described["capture"] == capture.VERSION
    assert described["kernel_release"]
    assert found["proc/net/snmp"].startswith(b"Ip:")


STRANGERS = ["/etc/shadow", "/proc/1/root/etc/shadow", "/proc/net/../1/environ", "/proc/self/environ"]


@pytest.mark.parametrize("path", STRANGERS)
def test_other_files_are_refused(path):
    """No plan can ask for a file that is not the kernel's network state."""
    with pytest.raises(capture.Refused):
        capture.run({"version": capture.VERSION, "sources": [{"path": path}]})


@pytest.mark.parametrize("plan", [None, [], {}, {"version": capture.VERSION}, {"version": 99, "sources": []}])
def test_what_is_no_plan_is_refused(plan):
    """Whatever is sent instead of a plan is refused, and breaks nothing."""
    with pytest.raises(capture.Refused):
        capture.run(plan)
