#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: netstat_capture
short_description: Take a snapshot of the kernel's network state
version_added: 0.1.0
description:
  - Reads files below C(/proc/net) and C(/sys/class/net), queries the kernel over netlink, finds the processes that hold
    sockets, and packs all of it into one string, the snapshot.
  - A snapshot can be stored. O(netstat.core.netstat_facts#module:snapshot) and P(netstat.core.parse#filter) turn it into
    facts, C(pynetstat --from) into the output of C(netstat).
  - Works in C(ansible_facts_modules) and with C(async). The target needs only Python.
author:
  - The netstat-core authors (@netstat-core)
options:
  # the presets, by docs/update.py
  preset:
    description:
      - >-
        What the snapshot holds, besides the other tables that M(netstat.core.netstat_facts) reads by
        default.
      - >-
        V(listening) stands for listening sockets and who holds them.
      - >-
        V(sockets) stands for all sockets and who holds them.
      - >-
        V(fleet) stands for what shows who talks to whom: all sockets, the units and containers of
        the processes that hold them, addresses, routes and translations.
    type: str
    choices: [listening, sockets, fleet]
    default: fleet
  # end of the presets
  netns:
    description:
      - Other network namespaces of the target to read, each a name, V(pid:NUMBER) or V(inode:NUMBER); V(all) reads all.
      - Entering a namespace requires root on the target.
    type: list
    elements: str
  owners:
    description:
      - Whether to find the processes that hold sockets, for which the open descriptors of all processes are looked through.
    type: bool
    default: true
  arguments:
    description:
      - Whether to keep the full command line of processes, with all arguments, which may contain secrets.
      - Without this option, only the first argument is kept.
    type: bool
    default: false
  plan:
    description:
      - A capture plan, as C(netstat_core.report.plan.plan) returns it in Python. It replaces O(preset).
      - A plan can only request kernel network state. A plan that requests anything else is refused before anything is
        read.
    type: dict
  set_fact:
    description:
      - Whether to set the snapshot as the fact C(netstat_snapshot) too.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: none
  async:
    support: full
  bypass_host_loop:
    support: none
  check_mode:
    support: full
  diff_mode:
    support: none
  facts:
    support: full
  platform:
    platforms: linux
seealso:
  - module: netstat.core.netstat_facts
  - plugin: netstat.core.parse
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Take a snapshot
  netstat.core.netstat_capture:
  become: true
  register: taken

- name: Store it for pynetstat --from
  ansible.builtin.copy:
    content: "{{ taken.snapshot }}"
    dest: "snapshots/{{ inventory_hostname }}.txt"
    mode: "0600"
  delegate_to: localhost

- name: Take a smaller one, of what listens
  netstat.core.netstat_capture:
    preset: listening
  become: true

- name: Build facts from it
  netstat.core.netstat_facts:
    snapshot: "{{ taken.snapshot }}"
"""

RETURN = r"""
snapshot:
  description: The packed snapshot.
  returned: success
  type: str
  sample: netstat-capture/1:eNrtWE1v2zAM/SuGzhtg...
ansible_facts:
  description: The facts that are set.
  returned: when O(set_fact=true)
  type: dict
  contains:
    netstat_snapshot:
      description: The packed snapshot.
      returned: always
      type: str
      sample: netstat-capture/1:eNrtWE1v2zAM/SuGzhtg...
"""

import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netstat.core.plugins.module_utils import capture, find_namespaces
from ansible_collections.netstat.core.plugins.module_utils.arguments import SNAPSHOT, capture_arguments
from ansible_collections.netstat.core.plugins.module_utils.plans import DEFAULT_PRESET, PLANS, preset_plan


def main():
    module = AnsibleModule(argument_spec=capture_arguments(PLANS, DEFAULT_PRESET), supports_check_mode=True)
    if not sys.platform.startswith("linux"):
        module.fail_json(msg="netstat.core requires Linux; this platform is %s" % sys.platform)
    if module.params["arguments"] and not module.params["owners"]:
        module.fail_json(msg="arguments: of processes, which are not searched for without owners")
    plan = module.params["plan"] or preset_plan(module.params["preset"])
    if module.params["netns"]:
        plan = dict(plan, namespaces=module.params["netns"])
    if not module.params["owners"]:
        plan = dict(plan, owners=None, descriptors=False, processes=[])
    if module.params["arguments"]:
        plan = dict(plan, arguments=True)
    try:
        snapshot = capture.pack(find_namespaces.capture_all(plan))
    except (OSError, ValueError) as error:
        module.fail_json(msg="cannot capture: %s" % error)
    result = dict(changed=False, snapshot=snapshot)
    if module.params["set_fact"]:
        result["ansible_facts"] = {SNAPSHOT: snapshot}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
