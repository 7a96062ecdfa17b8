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
  - A record does not match if it lacks a field of the expression, or if a field that is compared is V(null).
  - A field that no record of these kinds can have is an error, and so is a word that its field can never hold.
author:
  - The netstat-core authors (@netstat-core)
positional: expression
options:
  _input:
    description:
      - Records with their RV(netstat.core.netstat_facts#module:sockets[].kind), such as the sockets in a registered
        result or the routes in the facts.
    type: list
    elements: dict
    required: true
  expression:
    description:
      - The expression. Fields are written by name, strings in quotes and regular expressions after C(=~). Comparisons
        are combined with C(and), C(or), C(not) and C(in).
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
    that: found.sockets | netstat.core.where("local_port == 5432 and state == 'ESTABLISHED'") | length < 100

- name: Show the remote addresses of connections to other networks
  ansible.builtin.debug:
    msg: >-
      {{ found.sockets | netstat.core.where("protocol in ['tcp', 'udp'] and not (remote_address =~ '(10|127)[.].*')")
      | map(attribute='remote_address') | unique }}
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
    from netstat_core.collection import Host, quote
    from netstat_core.collection import where as compile_expression
except ImportError:
    pass  # require_core reports the missing package


def _select(records, expression):
    if not isinstance(expression, str):
        raise controller.Refused("an expression must be a string, not %s" % quote(expression))
    if isinstance(records, (str, dict)) or not isinstance(records, Iterable):
        raise controller.Refused("where takes only a list of records, such as result.sockets")
    records = list(records)
    readers = Host().kinds()
    kinds = {_get_kind(record, readers) for record in records}
    compiled = compile_expression(expression, [readers[kind] for kind in kinds or readers])
    matches = {kind: compiled.predicate(readers[kind]) for kind in kinds}
    fields = compiled.fields
    return [
        record
        for record in records
        if matches[record["kind"]]({field: _plain(record[field]) for field in fields if field in record})
    ]


def _get_kind(record, readers):
    kind = record.get("kind") if isinstance(record, dict) else None
    if not isinstance(kind, str):
        raise controller.Refused("where takes records with a kind, not %s" % quote(record))
    if kind not in readers:
        raise controller.Refused("no plugin installed on the controller reads records of kind %s" % quote(kind))
    return kind


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
