# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: listening_on
short_description: Test whether something listens on a port
version_added: 0.1.0
description:
  - True if the facts show a listener on the port, and on the address and of the process if these are given.
  - False if the facts show that there is none.
  - If the facts cannot show whether that is so, because sockets or protocols were not gathered or could not be read, or
    because processes could not be seen, the task fails with the reason. With O(wait=true) the test is false instead.
author:
  - The netstat-core authors (@netstat-core)
positional: port, address, process
options:
  _input:
    description:
      - The facts, RV(netstat.core.netstat_facts#module:ansible_facts.netstat), or those of one of its namespaces, or the
        registered result of a M(netstat.core.netstat_facts) task.
    type: dict
    required: true
  port:
    description: The protocol and port, such as V(tcp/22), V(22/tcp) or V(udp/53). A number alone is a TCP port.
    type: str
    required: true
  address:
    description:
      - An address of the target at which the listener must be reachable. That is a listener bound to the address itself or
        to all addresses; one on V(::) accepts IPv4 too unless it is v6-only.
      - V(0.0.0.0) and V(::) require a listener on all addresses of IPv4 or IPv6.
      - To test that a port is bound to one address only, compare C(listening['tcp/5432'].addresses) with C(['127.0.0.1']).
    type: str
  process:
    description:
      - Name of a process that holds the socket, or a shell-style pattern such as V(postgres*).
      - The kernel keeps the first 15 bytes of a process name, and only these are compared. If a pattern could match only
        the bytes that are cut off, the facts cannot show the answer.
    type: str
  wait:
    description:
      - For the keyword C(until), which fails on the first error. Whether the test is false, so that the task is tried again,
        if the facts cannot show the answer, or if the task that gathers them failed. The reason is displayed as a warning.
      - Do not negate a test with this option; V(listening_on) and V(closed_on) are each true only where it is certain.
    type: bool
    default: false
notes:
  - In C(until), use the registered result. Up to ansible-core 2.19, C(ansible_facts) there has what earlier tasks gathered.
seealso:
  - module: netstat.core.netstat_facts
  - plugin: netstat.core.closed_on
    plugin_type: test
"""

EXAMPLES = r"""
- name: Check that sshd serves all addresses, and PostgreSQL only this machine
  ansible.builtin.assert:
    that:
      - ansible_facts.netstat is netstat.core.listening_on('tcp/22', address='0.0.0.0', process='sshd')
      - ansible_facts.netstat is netstat.core.listening_on('tcp/5432', process='postgres*')
      - ansible_facts.netstat.listening['tcp/5432'].addresses == ['127.0.0.1']

- name: Wait until the service listens
  netstat.core.netstat_facts:
    tables: [sockets]
  register: found
  until: found is netstat.core.listening_on('tcp/8080', wait=true)
  retries: 20
  delay: 1
"""

RETURN = r"""
_value:
  description: Whether the facts show such a listener.
  type: bool
"""

from ansible_collections.netstat.core.plugins.plugin_utils.answers import judge

try:
    from netstat_core.collection import listening_on as is_listening
except ImportError:
    is_listening = None  # require_core reports the missing package


def listening_on(facts, port, address=None, process=None, *, wait=False):
    """Return whether it is certain that something listens on a port."""
    return judge(is_listening, facts, port, address, process, wait=wait)


class TestModule:
    """Provides the test netstat.core.listening_on."""

    def tests(self):
        """Return the test functions by name."""
        return {"listening_on": listening_on}
