# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specifications of the modules, shared by code on targets and on the controller."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

SNAPSHOT = "netstat_snapshot"
"""The fact that netstat_capture sets."""


def strings():
    """Return the specification of an option that takes a list of strings."""
    return dict(type="list", elements="str")


def facts_arguments():
    """Return the argument specification of netstat_facts."""
    return dict(
        sockets=dict(type="str", choices=["listening", "all"], default="listening"),
        families=strings(),
        protocols=strings(),
        tables=strings(),
        where=dict(type="str"),
        netns=strings(),
        owners=dict(type="bool", default=True),
        who=dict(type="bool", default=False),
        arguments=dict(type="bool", default=False),
        compat=dict(type="str", choices=["listen_ports_facts"]),
        snapshot=dict(type="str"),
        set_fact=dict(type="bool", default=True),
    )


def capture_arguments(presets, default):
    """Return the argument specification of netstat_capture, whose ``presets`` are those that have plans."""
    return dict(
        preset=dict(type="str", choices=list(presets), default=default),
        netns=strings(),
        owners=dict(type="bool", default=True),
        arguments=dict(type="bool", default=False),
        plan=dict(type="dict"),
        set_fact=dict(type="bool", default=True),
    )
