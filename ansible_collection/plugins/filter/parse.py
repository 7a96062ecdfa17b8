# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: parse
short_description: Make facts of a snapshot
version_added: 0.1.0
description:
  - Makes of a snapshot what M(netstat.core.netstat_facts) would have returned as facts, on the controller.
  - It does so each time it is evaluated. For facts that are used more than once, give the snapshot to
    O(netstat.core.netstat_facts#module:snapshot) instead.
author:
  - The netstat-core authors (@netstat-core)
positional: []
options:
  _input:
    description:
      - The snapshot, as M(netstat.core.netstat_capture) and C(pynetstat capture) make it, or the result of the task that
        took it.
    type: raw
    required: true
  sockets:
    description:
      - Which sockets to count in the totals. What was captured for V(listening) has no others.
    type: str
    choices: [listening, all]
    default: listening
  families:
    description: Address families, all of them when not given.
    type: list
    elements: str
  protocols:
    description: Protocols of the Internet families, all of them when not given.
    type: list
    elements: str
  tables:
    description: Tables, as for O(netstat.core.netstat_facts#module:tables).
    type: list
    elements: str
  where:
    description: An expression that records must match, as for O(netstat.core.netstat_facts#module:where).
    type: str
  netns:
    description: Other network namespaces of the target, as for O(netstat.core.netstat_facts#module:netns).
    type: list
    elements: str
  who:
    description: Whether to tell more of the processes that listen.
    type: bool
    default: false
  arguments:
    description: Whether to tell the whole command lines of processes, where the snapshot was made with them.
    type: bool
    default: false
notes:
  - Data in a snapshot is not trusted, and never evaluated as a template.
seealso:
  - module: netstat.core.netstat_capture
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Show what listens, from a snapshot that gather_facts brought
  ansible.builtin.debug:
    msg: "{{ (ansible_facts.netstat_snapshot | netstat.core.parse).listening }}"

- name: Show the default routes of a snapshot that somebody sent
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
from ansible_collections.netstat.core.plugins.plugin_utils.answers import answer

OF_TASKS_ONLY = ("compat", "snapshot")


def _facts(snapshot, options):
    specification = {name: one for name, one in facts_arguments().items() if name not in OF_TASKS_ONLY}
    unknown = sorted(set(options).difference(specification))
    if unknown:
        raise controller.Refused("parse has no option %s, but %s" % (unknown[0], ", ".join(specification)))
    checked = ArgumentSpecValidator(specification).validate({name: _plain(options[name]) for name in options})
    if checked.error_messages:
        raise controller.Refused("; ".join(checked.error_messages))
    asked = controller.asked(checked.validated_parameters)
    return controller.result(_text(snapshot), asked)["ansible_facts"]["netstat"]


def _plain(value):
    """A list as a mere list: those of templates drag all of Ansible along when the validator copies them."""
    return list(value) if isinstance(value, (list, tuple)) else value


def _text(snapshot):
    """The snapshot itself, where the result of a task stands for it."""
    if isinstance(snapshot, dict):
        return controller.snapshot(snapshot)
    return controller.snapshot({"snapshot": snapshot})


def parse(snapshot, **options):
    """Facts of a snapshot."""
    return answer(_facts, snapshot, options)


class FilterModule:
    """The filter netstat.core.parse."""

    def filters(self):
        """By name."""
        return {"parse": parse}
