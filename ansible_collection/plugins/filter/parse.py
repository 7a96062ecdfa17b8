# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: parse
short_description: Build facts from a snapshot
version_added: 0.1.0
description:
  - Builds the facts that M(netstat.core.netstat_facts) returns from a snapshot, on the controller.
  - The snapshot is parsed each time the filter is evaluated. To use the facts more than once, pass the snapshot to
    O(netstat.core.netstat_facts#module:snapshot) instead.
author:
  - The netstat-core authors (@netstat-core)
positional: []
options:
  _input:
    description:
      - The snapshot, as M(netstat.core.netstat_capture) and C(pynetstat capture) produce it, or the result of a
        M(netstat.core.netstat_capture) task.
    type: raw
    required: true
  sockets:
    description:
      - Which sockets to count in the totals. A snapshot taken with V(listening) contains no other sockets.
    type: str
    choices: [listening, all]
    default: listening
  families:
    description: Address families to read from the snapshot. If omitted, all families are read.
    type: list
    elements: str
  protocols:
    description: Protocols to read from the snapshot, such as V(tcp) and V(unix). If omitted, all protocols are read.
    type: list
    elements: str
  tables:
    description: Tables to read from the snapshot, as for O(netstat.core.netstat_facts#module:tables).
    type: list
    elements: str
  where:
    description: An expression that records must match, as for O(netstat.core.netstat_facts#module:where).
    type: str
  netns:
    description: Other network namespaces in the snapshot, as for O(netstat.core.netstat_facts#module:netns).
    type: list
    elements: str
  owners:
    description: Whether to return the processes that hold sockets, as for O(netstat.core.netstat_facts#module:owners).
    type: bool
    default: true
  who:
    description: Whether to return details of the listening processes, as for O(netstat.core.netstat_facts#module:who).
    type: bool
    default: false
  arguments:
    description: Whether to return the full command line of processes, if the snapshot was taken with them.
    type: bool
    default: false
notes:
  - The content of a snapshot is untrusted and never evaluated as a template.
seealso:
  - module: netstat.core.netstat_capture
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Show listening sockets from a snapshot that gather_facts took
  ansible.builtin.debug:
    msg: "{{ (ansible_facts.netstat_snapshot | netstat.core.parse).listening }}"

- name: Show the default routes from a snapshot in a file
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'host.txt') | netstat.core.parse(tables=['default_route'])).default_route }}"
"""

RETURN = r"""
_value:
  description: The same as RV(netstat.core.netstat_facts#module:ansible_facts.netstat).
  type: dict
  sample:
    complete: true
    listening:
      tcp/22:
        addresses: ["0.0.0.0"]
        processes: [sshd]
"""

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.netstat.core.plugins.module_utils.arguments import facts_arguments
from ansible_collections.netstat.core.plugins.plugin_utils import controller
from ansible_collections.netstat.core.plugins.plugin_utils.answers import compute_unsafe

MODULE_ONLY = ("compat", "snapshot")
"""Options that netstat_facts has and this filter has not."""


def _build_facts(snapshot, options):
    specification = {name: option for name, option in facts_arguments().items() if name not in MODULE_ONLY}
    unknown = sorted(set(options).difference(specification))
    if unknown:
        raise controller.Refused("parse has no option %s; options: %s" % (unknown[0], ", ".join(specification)))
    checked = ArgumentSpecValidator(specification).validate({name: _plain(options[name]) for name in options})
    if checked.error_messages:
        raise controller.Refused("; ".join(checked.error_messages))
    request = controller.read_options(checked.validated_parameters)
    return controller.build_result(_get_text(snapshot), request)["ansible_facts"]["netstat"]


def _plain(value):
    """Convert a template's list to a built-in list: the validator's deepcopy of the former copies the templar too."""
    return list(value) if isinstance(value, (list, tuple)) else value


def _get_text(snapshot):
    """Return the packed snapshot, given as text or as the result of a netstat_capture task."""
    if isinstance(snapshot, dict):
        return controller.get_snapshot(snapshot)
    return controller.get_snapshot({"snapshot": snapshot})


def parse(snapshot, **options):
    """Build facts from a packed snapshot, or from the result of the task that took it."""
    return compute_unsafe(_build_facts, snapshot, options)


class FilterModule:
    """Provides the filter netstat.core.parse."""

    def filters(self):
        """Return the filter functions by name."""
        return {"parse": parse}
