# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: where
short_description: The records for which an expression holds
version_added: 0.1.0
description:
  - Chooses from a list of records by an expression, in the language of C(pynetstat --where).
  - A record that lacks a field of the expression, or has V(null) where something is compared, does not match.
  - A field that no record of these kinds can have is an error, as is a word that a field never holds.
author:
  - The netstat-core authors (@netstat-core)
positional: expression
options:
  _input:
    description:
      - Records, each with its RV(netstat.core.netstat_facts#module:sockets[].kind), such as the sockets that a task
        registered or the routes among the facts.
    type: list
    elements: dict
    required: true
  expression:
    description:
      - What has to hold. Fields stand by their names, texts in quotes, a regular expression behind C(=~), and C(and),
        C(or), C(not) and C(in) join them.
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

- name: Not too many clients are connected
  ansible.builtin.assert:
    that: found.sockets | netstat.core.where("local_port == 5432 and state == 'ESTABLISHED'") | length < 100

- name: Show who talks to the outside
  ansible.builtin.debug:
    msg: >-
      {{ found.sockets | netstat.core.where("protocol in ['tcp', 'udp'] and not (remote_address =~ '(10|127)[.].*')")
      | map(attribute='remote_address') | unique }}
"""

RETURN = r"""
_value:
  description: The records that match, in their order.
  type: list
  elements: dict
"""

from collections.abc import Iterable

from ansible_collections.netstat.core.plugins.plugin_utils import controller
from ansible_collections.netstat.core.plugins.plugin_utils.answers import chosen

try:
    from netstat_core.collection import Host, brief
    from netstat_core.collection import where as compiled
except ImportError:
    pass  # need_core tells of it


def _matching(records, expression):
    if not isinstance(expression, str):
        raise controller.Refused("an expression is a text, not %s" % brief(expression))
    if isinstance(records, (str, dict)) or not isinstance(records, Iterable):
        raise controller.Refused("where takes a list of records, such as result.sockets, and nothing else")
    records = list(records)
    known = Host().kinds()
    kinds = {_kind(record, known) for record in records}
    found = compiled(expression, [known[kind] for kind in kinds or known])
    matches = {kind: found.predicate(known[kind]) for kind in kinds}
    fields = found.fields
    return [
        record
        for record in records
        if matches[record["kind"]]({field: _plain(record[field]) for field in fields if field in record})
    ]


def _kind(record, known):
    kind = record.get("kind") if isinstance(record, dict) else None
    if not isinstance(kind, str):
        raise controller.Refused("where takes records, each with its kind, and not %s" % brief(record))
    if kind not in known:
        raise controller.Refused("no plugin that is installed here knows records of kind %s" % brief(kind))
    return kind


def _plain(value):
    """A value of no type of Ansible's: to the language of expressions those are equal to nothing."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    return str(value)


def where(records, expression):
    """The records for which an expression holds."""
    return chosen(_matching, records, expression)


class FilterModule:
    """The filter netstat.core.where."""

    def filters(self):
        """By name."""
        return {"where": where}
