# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters and tests give back: data that is never a template, or one line that says what is wrong."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.netstat.core.plugins.plugin_utils import controller

try:
    from netstat_core.collection import NetstatError
except ImportError:
    NetstatError = controller.Refused


def answer(compute, *arguments):
    """What a function makes of data, as data; where it makes nothing, an error that is shown without a traceback."""
    return wrap_var(_plain(chosen(compute, *arguments)))


def chosen(compute, *arguments):
    """What a function chooses of data: the very objects that were given, which are templates no more than before."""
    try:
        controller.need_core()
        return compute(*arguments)
    except (controller.Refused, NetstatError) as error:
        raise AnsibleFilterError(controller.told(error)) from None


def _plain(value):
    """Mere mappings and lists: those that templates are given cannot be made anew."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
