# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: where
short_description: Select the records that match an expression
version_added: 0.1.0
description:
  - Selects records from a list by an expression, in the language of C(pynetstat --where).
  - What the expression says about a field that a record lacks is unknown, and does not match. So is the order of
    V(null), and all else about it but whether a value equals it.
  - A field that no record of these kinds can have is an error, and so is a comparison with what a field never holds.
author:
  - The netstat-core authors (@netstat-core)
positional: expression
options:
  _input:
    description:
      - Records, such as the sockets in a registered result, or the routes or the values of the interfaces in the facts.
    type: list
    elements: dict
    required: true
  expression:
    description:
      - The expression, such as C(state == 'LISTEN' && local_port < 1024). Fields are written by name and strings in
        quotes. Comparisons are combined with C(&&), C(||) and C(!).
      - The function C(in_prefix) tests addresses, C(matches) searches for a regular expression, and C(exists) searches a
        list, as in the examples.
    type: str
    required: true
seealso:
  - module: netstat.core.netstat_facts
"""

EXAMPLES = r"""
- name: Gather all sockets
  netstat.core.netstat_facts:
    sockets: all
  register: found

- name: Check that fewer than 100 clients are connected
  ansible.builtin.assert:
    that: found.sockets | netstat.core.where("local_port == 5432 && state == 'ESTABLISHED'") | length < 100

- name: Show the remote addresses of connections to other networks
  ansible.builtin.debug:
    msg: >-
      {{ found.sockets
      | netstat.core.where("state == 'ESTABLISHED' && !in_prefix(remote_address, '10.0.0.0/8', '127.0.0.0/8', '::1')")
      | map(attribute='remote_address') | unique }}

- name: Show the addresses that a program serves
  ansible.builtin.debug:
    msg: >-
      {{ found.sockets
      | netstat.core.where("listening && processes.exists(p, p.name.matches('^nginx'))")
      | map(attribute='local_address') | unique }}

- name: Show the interfaces with errors
  ansible.builtin.debug:
    msg: "{{ ansible_facts.netstat.interfaces.values() | netstat.core.where('rx_errors > 0') | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The records that match, in their original order.
  type: list
  elements: dict
"""

from collections.abc import Iterable

from ansible_collections.netstat.core.plugins.plugin_utils import controller
from ansible_collections.netstat.core.plugins.plugin_utils.answers import compute

try:
    from netstat_core.collection import quote
    from netstat_core.collection import where as select_records
except ImportError:
    pass  # require_core reports the missing package


def _select(records, expression):
    if not isinstance(expression, str):
        raise controller.Refused("an expression must be a string, not %s" % quote(expression))
    if isinstance(records, (str, dict)) or not isinstance(records, Iterable):
        raise controller.Refused("where takes only a list of records, such as result.sockets")
    records = list(records)
    for record in records:
        if not isinstance(record, dict):
            raise controller.Refused("where takes records, which are dicts, not %s" % quote(record))
    return select_records(expression, records, _plain)


def _plain(value):
    """Convert Ansible's types to built-in types: values of the former never compare equal in expressions."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(nested) for key, nested in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    return str(value)


def where(records, expression):
    """Return the records that match an expression, in their order."""
    return compute(_select, records, expression)


class FilterModule:
    """Provides the filter netstat.core.where."""

    def filters(self):
        """Return the filter functions by name."""
        return {"where": where}
