# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers facts: the target captures, the controller makes facts of it."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.netstat.core.plugins.module_utils.arguments import facts_arguments
from ansible_collections.netstat.core.plugins.plugin_utils import controller


class ActionModule(ActionBase):
    """Runs netstat_capture on the target."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        """The task's result."""
        super().run(tmp, task_vars)
        try:
            _validation, options = self.validate_argument_spec(facts_arguments())
            asked = controller.asked(options)
            snapshot, told = options["snapshot"], {}
            if snapshot is None:
                snapshot, told = self._captured(controller.plan(asked), task_vars)
            result = controller.result(snapshot, asked)
        except (controller.Refused, AnsibleActionFail) as error:
            # An exception's text stays a template in ansible-core before 2.19, and a target may have written it.
            return wrap_var(dict(failed=True, msg=str(error)))
        result["ansible_facts"].update(self._discovered())
        return dict(result, changed=False, **told)

    def _captured(self, plan, task_vars):
        """What the target sent: the snapshot, and warnings that are to be passed on."""
        sent = self._execute_module(
            module_name="netstat.core.netstat_capture",
            module_args={"plan": plan, "set_fact": False},
            task_vars=task_vars,
        )
        return controller.snapshot(sent), controller.warnings(sent)

    def _discovered(self):
        """The Python that was found on the target, which the host is to remember."""
        key = getattr(self, "_discovered_interpreter_key", None)
        return {key: self._discovered_interpreter} if key else {}
