#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: netstat_facts
short_description: Gather listening ports, interfaces, routes and counters as facts
version_added: 0.1.0
description:
  - Reads the network state of the target's kernel and returns it as look-up tables.
  - The target needs only Python. It sends a snapshot to the controller, where the Python package C(netstat-core) and
    the plugins installed with it parse the snapshot, check its records against schemas and build the facts.
  - RV(ansible_facts.netstat.incomplete_because) lists what could not be read. Without root, only the processes of the
    connecting user can be identified.
author:
  - The netstat-core authors (@netstat-core)
options:
  sockets:
    description:
      - With V(listening), only listening sockets are read. The kernel filters out the others where it supports that,
        otherwise they are dropped on the target.
      - With V(all), every socket is counted in RV(ansible_facts.netstat.totals), and the task returns a record of each
        in RV(sockets). The records are not set as a fact, because Ansible copies facts for every later task.
    type: str
    choices: [listening, all]
    default: listening
  families:
    description:
      - Address families to read, by the names that C(netstat -A) takes or that plugins add, such as V(inet) and V(unix).
      - If omitted, all families are read.
    type: list
    elements: str
  protocols:
    description:
      - Protocols to read, such as V(tcp), V(udp) and V(unix). If omitted, all protocols are read.
      - If given, tables that belong to no protocol, such as V(interfaces), are not read.
    type: list
    elements: str
  tables:
    description:
      - Tables to read, such as V(sockets), V(interfaces), V(groups), V(statistics), V(default_route), V(routes),
        V(neighbours) and V(masquerade).
      - If omitted, all tables are read except V(routes), V(neighbours), V(masquerade), V(multicast_routes) and
        V(memory). At most 1000 records of each of these become facts.
    type: list
    elements: str
  where:
    description:
      - An expression that records must match, in the language of C(pynetstat --where).
      - It applies to all tables. A record that lacks a field used in the expression does not match.
    type: str
  netns:
    description:
      - Other network namespaces of the target to read, each a name, V(pid:NUMBER) or V(inode:NUMBER); V(all) reads all.
      - Their facts are in RV(ansible_facts.netstat.namespaces). Entering a namespace requires root on the target.
    type: list
    elements: str
  who:
    description:
      - Whether to return details of the listening processes, such as executable, start time, systemd unit and container.
    type: bool
    default: false
  arguments:
    description:
      - Whether to return the full command line of processes, with all arguments.
      - Arguments may contain secrets, such as C(--password=...). Without this option they do not leave the target, and a
        command line consists of its first argument only, the name by which the program was started.
      - O(who) does not imply this option.
    type: bool
    default: false
  compat:
    description:
      - Another module whose facts are set too. V(listen_ports_facts) sets C(tcp_listen) and C(udp_listen) as
        M(community.general.listen_ports_facts) does.
    type: str
    choices: [listen_ports_facts]
  snapshot:
    description:
      - A snapshot to build the facts from, as M(netstat.core.netstat_capture) returns it. The target is not contacted.
    type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    support: full
  diff_mode:
    support: none
  facts:
    support: full
  platform:
    platforms: linux
requirements:
  - On the controller, the Python package netstat-core in the environment of ansible-core
  - On the target, Linux and a Python version that the controller's ansible-core supports
notes:
  - Ansible runs the modules in C(ansible_facts_modules) without their action plugins. List
    M(netstat.core.netstat_capture) there, and pass the fact C(netstat_snapshot) that it sets to O(snapshot).
seealso:
  - module: netstat.core.netstat_capture
  - plugin: netstat.core.listening_on
    plugin_type: test
  - plugin: netstat.core.drift
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather facts about the network
  netstat.core.netstat_facts:
  become: true

- name: Check that sshd listens on port 22 and nothing listens on port 23
  ansible.builtin.assert:
    that:
      - ansible_facts.netstat is netstat.core.listening_on('tcp/22', process='sshd')
      - ansible_facts.netstat is netstat.core.closed_on('tcp/23')
      - ansible_facts.netstat.complete

- name: Gather established connections to 10.0.0.0/8
  netstat.core.netstat_facts:
    sockets: all
    protocols: [tcp]
    where: state == 'ESTABLISHED' and remote_address =~ '10\\..*'
  register: found

- name: Check that there are fewer than 500 of them
  ansible.builtin.assert:
    that: found.sockets | length < 500

- name: Gather the routes too
  netstat.core.netstat_facts:
    tables: [sockets, interfaces, routes]

- name: Gather facts of all network namespaces
  netstat.core.netstat_facts:
    netns: [all]
  become: true

- name: Gather the command lines of listening processes, with all arguments
  netstat.core.netstat_facts:
    who: true
    arguments: true
  become: true

- name: Set the facts of community.general.listen_ports_facts too
  netstat.core.netstat_facts:
    compat: listen_ports_facts
  become: true
"""

RETURN = r"""
ansible_facts:
  description: The facts that are set.
  returned: success
  type: dict
  contains:
    netstat:
      description: The network of the host.
      returned: always
      type: dict
      contains:
        listening:
          description: Listening Internet sockets by protocol and port, such as tcp/22.
          returned: when requested
          type: dict
          sample:
            "tcp/22":
              addresses:
                - "0.0.0.0"
                - "::"
              families:
                - inet
                - inet6
              owner_seen: true
              pids:
                - 812
              processes:
                - sshd
              reachable:
                - inet
                - inet6
              sockets:
                - address: "0.0.0.0"
                  owner_seen: true
                  processes:
                    - sshd
                  v6_only: null
                - address: "::"
                  owner_seen: true
                  processes:
                    - sshd
                  v6_only: true
              uids:
                - 0
              users:
                - root
              v6_only: true
        unix_listening:
          description: Listening UNIX sockets by path or @name.
          returned: when requested
          type: dict
          sample:
            "/run/docker.sock":
              abstract: false
              owner_seen: true
              pids:
                - 901
              processes:
                - dockerd
              type: stream
        totals:
          description: Number of sockets that were read, by protocol and state.
          returned: when requested
          type: dict
          sample:
            tcp:
              LISTEN: 3
        interfaces:
          description: Interface records by name.
          returned: when requested
          type: dict
        groups:
          description: Multicast groups by interface.
          returned: when requested
          type: dict
          sample:
            eth0:
              - family: inet
                group: "224.0.0.1"
                users: 1
              - family: inet6
                group: "ff02::1:ff00:10"
                users: 1
              - family: inet6
                group: "ff02::1:ffea:e5e7"
                users: 1
              - family: inet6
                group: "ff02::1"
                users: 1
              - family: inet6
                group: "ff01::1"
                users: 1
        statistics:
          description: "Counters of the kernel by section: Ip, Tcp, TcpExt."
          returned: when requested
          type: dict
          sample:
            Ip:
              DefaultTTL: 64
              ForwDatagrams: 0
              Forwarding: 2
              FragCreates: 0
              FragFails: 0
              FragOKs: 0
              InAddrErrors: 0
              InDelivers: 0
              InDiscards: 0
              InHdrErrors: 0
              InReceives: 0
              InUnknownProtos: 0
              OutDiscards: 0
              OutNoRoutes: 0
              OutRequests: 0
              OutTransmits: 0
              ReasmFails: 0
              ReasmOKs: 0
              ReasmReqds: 0
              ReasmTimeout: 0
        default_route:
          description: The default routes by IP version.
          returned: when requested
          type: dict
          contains:
            inet:
              description: Default route of IPv4.
              returned: when requested
              type: dict
              contains:
                type:
                  description: unicast; unreachable, blackhole or prohibit if it drops packets; null if only /proc was read.
                  returned: always
                  type: str
                  sample: unicast
                gateway:
                  description: Next hop, the first of several; null if the network is on the link.
                  returned: always
                  type: str
                  sample: "192.0.2.1"
                interface:
                  description: Outgoing interface; with several next hops that of the first.
                  returned: always
                  type: str
                  sample: eth0
                metric:
                  description: Metric of the route.
                  returned: always
                  type: int
                  sample: 0
                preferred_source:
                  description: Source address of packets that have none yet.
                  returned: always
                  type: str
                protocol:
                  description: "Origin of the route: boot, static, dhcp, ra ...; null if unknown."
                  returned: always
                  type: str
                  sample: boot
                next_hops:
                  description: Next hops of the route; null unless there are several.
                  returned: always
                  type: list
                  elements: dict
            inet6:
              description: Default route of IPv6.
              returned: when requested
              type: dict
              contains:
                type:
                  description: unicast; unreachable, blackhole or prohibit if it drops packets; null if only /proc was read.
                  returned: always
                  type: str
                  sample: unicast
                gateway:
                  description: Next hop, the first of several; null if the network is on the link.
                  returned: always
                  type: str
                  sample: "2001:db8::1"
                interface:
                  description: Outgoing interface; with several next hops that of the first.
                  returned: always
                  type: str
                  sample: eth0
                metric:
                  description: Metric of the route.
                  returned: always
                  type: int
                  sample: 1024
                preferred_source:
                  description: Source address of packets that have none yet.
                  returned: always
                  type: str
                protocol:
                  description: "Origin of the route: boot, static, dhcp, ra ...; null if unknown."
                  returned: always
                  type: str
                  sample: boot
                next_hops:
                  description: Next hops of the route; null unless there are several.
                  returned: always
                  type: list
                  elements: dict
        routes:
          description: Route records; only if requested.
          returned: when requested
          type: list
          elements: dict
        neighbours:
          description: Neighbour records; only if requested.
          returned: when requested
          type: list
          elements: dict
        masquerade:
          description: Records of tracked connections; only if requested.
          returned: when requested
          type: list
          elements: dict
        families:
          description: Records of the other address families, by family and table.
          returned: when requested
          type: dict
          sample: {}
        network_namespace:
          description: The namespace; null if a snapshot does not name it.
          returned: always
          type: dict
          contains:
            inode:
              description: "Inode of the namespace in nsfs, the number in net:[N]."
              returned: always
              type: int
              sample: 4026532323
            name:
              description: Name under /run/netns, null where it has none.
              returned: always
              type: str
        complete:
          description: Whether everything that was requested could be read.
          returned: always
          type: bool
          sample: true
        incomplete_because:
          description: "Reasons why the facts are incomplete: about names what is affected, text explains it."
          returned: always
          type: list
          elements: dict
          sample: []
        covers:
          description: What was read completely, so that the absence of an entry is proof.
          returned: always
          type: dict
          contains:
            namespaces:
              description: all if every network namespace of the machine was read; absent if no other was requested.
              returned: when requested
              type: str
            tables:
              description: Tables that were requested and read completely, sorted; default_route counts as one.
              returned: always
              type: list
              elements: str
              sample:
                - calls
                - circuits
                - default_route
                - groups
                - interfaces
                - nodes
                - sockets
                - statistics
            protocols:
              description: Protocols whose sockets were read completely, sorted; unix counts as one.
              returned: always
              type: list
              elements: str
              sample:
                - ax25
                - ddp
                - icmp
                - ipx
                - netrom
                - raw
                - rose
                - sctp
                - tcp
                - udp
                - udplite
                - unix
                - x25
            families:
              description: Address families of which at least one reader was read completely, sorted.
              returned: always
              type: list
              elements: str
              sample:
                - ax25
                - ddp
                - inet
                - inet6
                - ipx
                - netrom
                - rose
                - unix
                - x25
            sockets:
              description: Which sockets were counted in the totals.
              returned: always
              type: str
              sample: listening
            where:
              description: Expression that records had to match; null for none.
              returned: always
              type: str
            owners:
              description: Which processes could be seen; none if they were not requested.
              returned: always
              type: str
              sample: all
        schema:
          description: Identifier of this structure.
          returned: always
          type: str
          sample: "urn:netstat:facts:1"
        captured_at:
          description: Time of reading, ISO 8601 UTC.
          returned: always
          type: str
          sample: "2026-11-21T12:32:46.491Z"
        hostname:
          description: Name of the machine.
          returned: always
          type: str
          sample: web1
        kernel_release:
          description: Release of its kernel.
          returned: always
          type: str
          sample: "6.12.48"
        namespaces:
          description: Other network namespaces by name, or by inode if they have none.
          returned: when requested
          type: dict
    tcp_listen:
      description: Listening sockets, one row for each process, as C(listen_ports_facts) returns them.
      returned: when O(compat=listen_ports_facts)
      type: list
      elements: dict
      sample:
        - address: "192.0.2.10"
          name: sshd
          pid: 812
          port: 22
          protocol: tcp
          user: root
          stime: "Sat Nov 21 09:05:03 2026"
    udp_listen:
      description: Listening sockets, one row for each process, as C(listen_ports_facts) returns them.
      returned: when O(compat=listen_ports_facts)
      type: list
      elements: dict
      sample:
        - address: "192.0.2.10"
          name: chronyd
          pid: 812
          port: 123
          protocol: udp
          user: root
          stime: "Sat Nov 21 09:05:03 2026"
sockets:
  description: Records of all sockets, with the fields of JSON output.
  returned: when O(sockets=all)
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netstat.core.plugins.module_utils.arguments import facts_arguments


def main():
    module = AnsibleModule(argument_spec=facts_arguments(), supports_check_mode=True)
    module.fail_json(
        msg="netstat.core.netstat_facts runs on the controller as an action plugin, which ansible_facts_modules bypasses; "
        "list netstat.core.netstat_capture there and pass the fact netstat_snapshot to the option snapshot"
    )


if __name__ == "__main__":
    main()
