# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: listening_on
short_description: Whether something listens on a port
version_added: 0.1.0
description:
  - True when the facts show a listener that serves the port, and the address and the process where they are given.
  - False when they show that there is none. Facts that cannot show that, because sockets or protocols were not gathered,
    could not be read, or their processes could not be seen, make the test fail with the reason.
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
    description: The port, as V(tcp/22) or V(udp/53). A number alone is a TCP port.
    type: str
    required: true
  address:
    description:
      - Whether what is sent to this address of the target is taken. That is so for a listener that is bound to the address
        or to all addresses; one on V(::) takes IPv4 too unless it is v6-only.
      - V(0.0.0.0) and V(::) ask for a listener on all addresses of IPv4 or IPv6.
      - To test that a port is bound to one address only, compare C(listening['tcp/5432'].addresses) with C(['127.0.0.1']).
    type: str
  process:
    description:
      - Name of a process that holds the socket, or a pattern such as V(postgres*).
      - The kernel keeps 15 bytes of a name. Longer ones are compared as far as that goes; a pattern that only the lost end
        could match makes the test fail.
    type: str
seealso:
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: SSH is served to all by sshd, the database only to this machine, and Telnet to nobody
  ansible.builtin.assert:
    that:
      - ansible_facts.netstat is netstat.core.listening_on('tcp/22', address='0.0.0.0', process='sshd')
      - ansible_facts.netstat is netstat.core.listening_on('tcp/5432', process='postgres*')
      - ansible_facts.netstat.listening['tcp/5432'].addresses == ['127.0.0.1']
      - ansible_facts.netstat is not netstat.core.listening_on('tcp/23')
"""

RETURN = r"""
_value:
  description: Whether there is such a listener.
  type: bool
"""

from ansible_collections.netstat.core.plugins.plugin_utils.answers import answer

try:
    from netstat_core.collection import listening_on as listens
except ImportError:
    listens = None  # need_core tells of it


def listening_on(facts, port, address=None, process=None):
    """Whether something listens on a port."""
    return answer(listens, facts, port, address, process)


class TestModule:
    """The test netstat.core.listening_on."""

    def tests(self):
        """By name."""
        return {"listening_on": listening_on}
