# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the functions behind filters and tests: results are never templates, errors are one line."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.netstat.core.plugins.plugin_utils import controller

try:
    from netstat_core.collection import NetstatError, NotSeen
except ImportError:
    NetstatError = NotSeen = controller.Refused


def compute_unsafe(function, *arguments):
    """Call a function and mark its result as unsafe, so that Ansible never evaluates it as a template.

    Raises AnsibleFilterError as :func:`compute` does.
    """
    return wrap_var(_plain(compute(function, *arguments)))


def compute(function, *arguments):
    """Call a function that returns some of the objects it was given, and return its result unchanged.

    Raises AnsibleFilterError, which Ansible shows without a traceback, for errors of netstat-core or if it is missing.
    """
    try:
        controller.require_core()
        return function(*arguments)
    except (controller.Refused, NetstatError) as error:
        raise AnsibleFilterError(controller.format_error(error)) from None


def judge(function, *question, wait):
    """Call a function that judges facts, and return whether it proved its claim.

    If the facts cannot show whether it holds, raises AnsibleFilterError; with ``wait`` returns False and displays the
    reason, once for all retries.
    """
    return compute(_ask, function, question, _is_true(wait))


def _ask(function, question, waits):
    try:
        return function(*question)
    except NotSeen as reason:
        if not waits:
            raise
        Display().warning(controller.format_error(reason))
        return False


def _is_true(wait):
    try:
        return boolean(wait)
    except TypeError:
        raise AnsibleFilterError("wait must be true or false, not %r" % (wait,)) from None


def _plain(value):
    """Convert mappings and lists to built-in ones: wrap_var cannot rebuild those that templates are given."""
    if isinstance(value, dict):
        return {key: _plain(nested) for key, nested in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
