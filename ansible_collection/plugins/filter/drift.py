# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: drift
short_description: What changed between two sets of facts
version_added: 0.1.0
description:
  - Compares facts with a baseline, of what does not change by itself. Process ids, counters, times and totals do not
    count, nor do the states of links, temporary IPv6 addresses and names that the kernel makes up.
  - Compared are listening sockets (addresses, processes, user ids), UNIX sockets that listen, interfaces (settings, flags
    and addresses), multicast groups, the default routes, and routes and network namespaces where the baseline has them.
  - All that the baseline covers has to be covered by the facts, or the filter fails and says what is missing. What only
    the facts cover is named in RV(_value.not_compared).
author:
  - The netstat-core authors (@netstat-core)
positional: baseline
options:
  _input:
    description: The facts now, RV(netstat.core.netstat_facts#module:ansible_facts.netstat).
    type: dict
    required: true
  baseline:
    description: The facts as they should be, such as those that were saved before.
    type: dict
    required: true
  parts:
    description:
      - What to compare. Each has to be in the baseline.
      - When not given, all that the baseline has of these.
    type: list
    elements: str
    choices: [listening, unix_listening, interfaces, groups, default_route, routes, namespaces]
  ignore:
    description:
      - Patterns of what does not count, of the form C(part/key) or C(part/key/field), such as V(listening/udp/*),
        V(interfaces/veth*) and V(listening/*/processes).
    type: list
    elements: str
    default: []
seealso:
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Nothing drifted from the committed baseline
  ansible.builtin.assert:
    that: drift.same
    fail_msg: "{{ drift | to_nice_yaml }}"
  vars:
    baseline: "{{ lookup('ansible.builtin.file', 'baselines/' ~ inventory_hostname ~ '.json') | from_json }}"
    drift: "{{ ansible_facts.netstat | netstat.core.drift(baseline) }}"

- name: Nothing listens that did not before the upgrade, but for RPC
  ansible.builtin.assert:
    that: (ansible_facts.netstat | netstat.core.drift(before, parts=['listening'], ignore=['listening/*/111'])).same
"""

RETURN = r"""
_value:
  description: The differences.
  type: dict
  contains:
    same:
      description: Whether there are none in what was compared.
      type: bool
      returned: always
      sample: false
    added:
      description: What is there now and was not, by part and key.
      type: dict
      returned: always
      sample: {"listening": {"tcp/4444": {"addresses": ["0.0.0.0"], "processes": ["nc"], "uids": [33]}}}
    removed:
      description: What was there and is no more, by part and key.
      type: dict
      returned: always
      sample: {}
    changed:
      description: The fields that differ, by part and key, each as it was and as it is.
      type: dict
      returned: always
      sample: {"listening": {"tcp/22": {"processes": {"before": ["sshd"], "now": ["dropbear"]}}}}
    not_compared:
      description: What was not compared, since the baseline does not cover it or processes were not seen, in sentences.
      type: list
      elements: str
      returned: always
      sample: []
"""

from ansible_collections.netstat.core.plugins.plugin_utils.answers import answer

try:
    from netstat_core.collection import drift as differences
except ImportError:
    differences = None  # need_core tells of it


def drift(facts, baseline, parts=None, ignore=()):
    """What of a baseline changed."""
    return answer(differences, facts, baseline, parts, ignore)


class FilterModule:
    """The filter netstat.core.drift."""

    def filters(self):
        """By name."""
        return {"drift": drift}
