# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: drift
short_description: Compare facts with a baseline
version_added: 0.1.0
description:
  - Compares facts with a baseline and returns the differences. Values that change by themselves are ignored, which are
    process ids, counters, times, totals, link states, temporary IPv6 addresses and UNIX socket names that the kernel
    assigned.
  - Compares listening sockets (addresses, processes, user ids), listening UNIX sockets, interfaces (settings, flags and
    addresses), multicast groups and default routes, and routes and network namespaces if the baseline has them.
  - The facts must cover everything that the baseline covers, otherwise the filter fails and names what is missing. What
    only the facts cover is listed in RV(_value.not_compared).
author:
  - The netstat-core authors (@netstat-core)
positional: baseline
options:
  _input:
    description: The current facts, RV(netstat.core.netstat_facts#module:ansible_facts.netstat).
    type: dict
    required: true
  baseline:
    description: The expected facts, such as those saved from an earlier run.
    type: dict
    required: true
  parts:
    description:
      - The parts to compare. The baseline must cover each of them.
      - If omitted, all parts that the baseline covers are compared.
    type: list
    elements: str
    choices: [listening, unix_listening, interfaces, groups, default_route, routes, namespaces]
  ignore:
    description:
      - Shell-style patterns of differences to ignore, in the form C(part/key) or C(part/key/field), such as
        V(listening/udp/*), V(interfaces/veth*) and V(listening/*/processes). Ports may be written V(22/tcp) too.
    type: list
    elements: str
    default: []
seealso:
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Check that nothing differs from the stored baseline
  ansible.builtin.assert:
    that: drift.same
    fail_msg: "{{ drift | to_nice_yaml }}"
  vars:
    baseline: "{{ lookup('ansible.builtin.file', 'baselines/' ~ inventory_hostname ~ '.json') | from_json }}"
    drift: "{{ ansible_facts.netstat | netstat.core.drift(baseline) }}"

- name: Check that listening sockets are the same as before the upgrade, except for port 111
  ansible.builtin.assert:
    that: (ansible_facts.netstat | netstat.core.drift(before, parts=['listening'], ignore=['listening/*/111'])).same
"""

RETURN = r"""
_value:
  description: The differences.
  type: dict
  contains:
    same:
      description: Whether no difference was found.
      type: bool
      returned: always
      sample: false
    added:
      description: Entries that only the facts have, by part and key.
      type: dict
      returned: always
      sample: {"listening": {"tcp/4444": {"addresses": ["0.0.0.0"], "processes": ["nc"], "uids": [33]}}}
    removed:
      description: Entries that only the baseline has, by part and key.
      type: dict
      returned: always
      sample: {}
    changed:
      description: Fields that differ, by part and key, with the values C(before) and C(now).
      type: dict
      returned: always
      sample: {"listening": {"tcp/22": {"processes": {"before": ["sshd"], "now": ["dropbear"]}}}}
    not_compared:
      description: Descriptions of what was not compared, because one side does not cover it or could not see processes.
      type: list
      elements: str
      returned: always
      sample: []
"""

from ansible_collections.netstat.core.plugins.plugin_utils.answers import compute_unsafe

try:
    from netstat_core.collection import drift as compare_facts
except ImportError:
    compare_facts = None  # require_core reports the missing package


def drift(facts, baseline, parts=None, ignore=()):
    """Compare facts with a baseline; see RETURN for the result."""
    return compute_unsafe(compare_facts, facts, baseline, parts, ignore)


class FilterModule:
    """Provides the filter netstat.core.drift."""

    def filters(self):
        """Return the filter functions by name."""
        return {"drift": drift}
