# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of netstat_facts: the target takes a snapshot, the controller builds facts from it."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.netstat.core.plugins.module_utils.arguments import facts_arguments
from ansible_collections.netstat.core.plugins.plugin_utils import controller


class ActionModule(ActionBase):
    """Runs netstat_capture on the target and builds facts from the snapshot it returns."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        """Return the task's result: facts, ``sockets`` if requested, or ``failed`` with a message."""
        super().run(tmp, task_vars)
        try:
            _validation, options = self.validate_argument_spec(facts_arguments())
            request = controller.read_options(options)
            snapshot, warnings = options["snapshot"], {}
            if snapshot is None:
                snapshot, warnings = self._capture(controller.make_plan(request), task_vars)
            result = controller.build_result(snapshot, request)
        except (controller.Refused, AnsibleActionFail) as error:
            # ansible-core before 2.19 evaluates the text of an exception as a template; a target may have written it.
            return wrap_var(dict(failed=True, msg=str(error)))
        if not options["set_fact"]:
            result.update(result.pop("ansible_facts"), ansible_facts={})
        result["ansible_facts"].update(self._get_discovered_interpreter())
        if self._is_dumped_at_length(result):
            result["_ansible_no_log"] = True
        return dict(result, changed=False, **warnings)

    def _is_dumped_at_length(self, result):
        """Return whether Ansible may print a long result because a condition of the task does not hold.

        Only ``until`` and ``failed_when`` can fail a task that gathered facts, and then all of its result is printed.
        A result that is hidden is registered as ever.
        """
        conditions = self._task.until or self._task.failed_when
        return bool(conditions) and not self._display.verbosity and controller.is_long(result)

    def _capture(self, plan, task_vars):
        """Run netstat_capture; return the packed snapshot, and the module's warnings as keys for the result."""
        captured = self._execute_module(
            module_name="netstat.core.netstat_capture",
            module_args={"plan": plan, "set_fact": False},
            task_vars=task_vars,
        )
        return controller.get_snapshot(captured), controller.get_warnings(captured)

    def _get_discovered_interpreter(self):
        """Return the Python interpreter that Ansible discovered on the target, as a fact for later tasks."""
        key = getattr(self, "_discovered_interpreter_key", None)
        return {key: self._discovered_interpreter} if key else {}
