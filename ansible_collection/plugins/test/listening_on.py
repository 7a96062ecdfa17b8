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
  - False if the facts show that there is none. If the facts cannot show that, because sockets or protocols were not
    gathered or could not be read, or because processes could not be seen, the task fails with the reason.
author:
  - The netstat-core authors (@netstat-core)
positional: port, address, process
options:
  _input:
    description:
      - The facts, RV(netstat.core.netstat_facts#module:ansible_facts.netstat), or those of one of its namespaces.
    type: dict
    required: true
  port:
    description: The protocol and port, such as V(tcp/22) or V(udp/53). A number alone is a TCP port.
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
        the bytes that are cut off, the task fails.
    type: str
seealso:
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Check that sshd serves all addresses, PostgreSQL only this machine, and nothing listens on port 23
  ansible.builtin.assert:
    that:
      - ansible_facts.netstat is netstat.core.listening_on('tcp/22', address='0.0.0.0', process='sshd')
      - ansible_facts.netstat is netstat.core.listening_on('tcp/5432', process='postgres*')
      - ansible_facts.netstat.listening['tcp/5432'].addresses == ['127.0.0.1']
      - ansible_facts.netstat is not netstat.core.listening_on('tcp/23')
"""

RETURN = r"""
_value:
  description: Whether the facts show such a listener.
  type: bool
"""

from ansible_collections.netstat.core.plugins.plugin_utils.answers import compute_unsafe

try:
    from netstat_core.collection import listening_on as is_listening
except ImportError:
    is_listening = None  # require_core reports the missing package


def listening_on(facts, port, address=None, process=None):
    """Return whether something listens on a port."""
    return compute_unsafe(is_listening, facts, port, address, process)


class TestModule:
    """Provides the test netstat.core.listening_on."""

    def tests(self):
        """Return the test functions by name."""
        return {"listening_on": listening_on}
