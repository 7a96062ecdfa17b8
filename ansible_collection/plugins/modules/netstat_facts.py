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
  - Reads the state of the kernel's network on the target, and returns it as look-up tables.
  - The target needs Python and nothing else. What it sends is parsed, checked against schemas and made into facts on
    the controller, by the Python package C(netstat-core) and the plugins that are installed beside it.
  - What could not be seen is said in RV(ansible_facts.netstat.incomplete_because). Without root only the processes of
    the connecting user can be seen.
author:
  - The netstat-core authors (@netstat-core)
options:
  sockets:
    description:
      - With V(listening) only sockets that listen are read. All others are left out by the kernel where it can do that,
        and on the target where it cannot.
      - With V(all) every socket is counted in RV(ansible_facts.netstat.totals), and the task result has the list of all
        of them in RV(sockets). The list never becomes a fact, since facts are copied for each later task.
    type: str
    choices: [listening, all]
    default: listening
  families:
    description:
      - Address families, by the names that C(netstat -A) takes, and those that plugins add.
      - All of them when not given.
    type: list
    elements: str
  protocols:
    description:
      - Protocols of the Internet families, such as V(tcp) and V(udp). All of them when not given.
      - Tables that belong to no protocol, such as interfaces, are then left out.
    type: list
    elements: str
  tables:
    description:
      - Tables to read, such as V(sockets), V(interfaces), V(groups), V(statistics), V(default_route), V(routes),
        V(neighbours) and V(masquerade).
      - When not given, all but V(routes), V(neighbours), V(masquerade), V(multicast_routes) and V(memory), which have no
        bound. Of each of those at most 1000 records become facts.
    type: list
    elements: str
  where:
    description:
      - An expression that records must match, as for C(pynetstat --where).
      - It is applied to all tables; a record that lacks a field of it does not match.
    type: str
  netns:
    description:
      - Other network namespaces of the target, each a name, V(pid:NUMBER) or V(inode:NUMBER); V(all) stands for all.
      - They become RV(ansible_facts.netstat.namespaces). Entering them takes root on the target.
    type: list
    elements: str
  who:
    description:
      - Whether to tell more of the processes that listen, such as executable, start, systemd unit and container.
    type: bool
    default: false
  arguments:
    description:
      - Whether to tell the whole command lines of processes, with all arguments.
      - Arguments may hold secrets, such as C(--password=...). Without this option they do not leave the target, and of a
        command line there is the first argument alone, the name that the program was started by.
      - O(who) does not imply it.
    type: bool
    default: false
  compat:
    description:
      - Set the facts of another module too. V(listen_ports_facts) sets C(tcp_listen) and C(udp_listen) as the module
        M(community.general.listen_ports_facts) does.
    type: str
    choices: [listen_ports_facts]
  snapshot:
    description:
      - Make facts from this snapshot, as M(netstat.core.netstat_capture) returns it, and leave the target alone.
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
  - On the controller, the Python package netstat-core, beside ansible-core
  - On the target, Linux and a Python that the controller's ansible-core supports
notes:
  - The modules in C(ansible_facts_modules) are run without their action plugins. List M(netstat.core.netstat_capture)
    there, and give the fact it sets to O(snapshot).
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

- name: Only SSH is reachable from outside
  ansible.builtin.assert:
    that:
      - ansible_facts.netstat is netstat.core.listening_on('tcp/22', process='sshd')
      - ansible_facts.netstat is not netstat.core.listening_on('tcp/23')
      - ansible_facts.netstat.complete

- name: Look at established connections to one network
  netstat.core.netstat_facts:
    sockets: all
    protocols: [tcp]
    where: state == 'ESTABLISHED' and remote_address =~ '10\\..*'
  register: found

- name: There are not too many of them
  ansible.builtin.assert:
    that: found.sockets | length < 500

- name: Gather the routes too
  netstat.core.netstat_facts:
    tables: [sockets, interfaces, routes]

- name: Look into all network namespaces
  netstat.core.netstat_facts:
    netns: [all]
  become: true

- name: Look at the options that listening programs were started with
  netstat.core.netstat_facts:
    who: true
    arguments: true
  become: true

- name: Keep a playbook working that was written for listen_ports_facts
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
          description: "What listens, by protocol and port: tcp/22."
          returned: when asked for
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
          description: UNIX sockets that listen, by path or @name.
          returned: when asked for
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
          description: How many sockets there are, of those that were read, by protocol and state.
          returned: when asked for
          type: dict
          sample:
            tcp:
              LISTEN: 3
        interfaces:
          description: Interface records by name.
          returned: when asked for
          type: dict
        groups:
          description: Multicast groups by interface.
          returned: when asked for
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
          returned: when asked for
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
          description: Where packets go that no other route is for.
          returned: when asked for
          type: dict
          contains:
            inet:
              description: Of IPv4.
              returned: when asked for
              type: dict
              contains:
                type:
                  description: unicast; unreachable, blackhole or prohibit where it lets nothing out; null where only /proc was read.
                  returned: always
                  type: str
                  sample: unicast
                gateway:
                  description: Next hop, the first of several; null where the network is on the link.
                  returned: always
                  type: str
                  sample: "192.0.2.1"
                interface:
                  description: Interface it leads out of; with several next hops that of the first.
                  returned: always
                  type: str
                  sample: eth0
                metric:
                  description: Its metric.
                  returned: always
                  type: int
                  sample: 0
                preferred_source:
                  description: Source address of packets that have none yet.
                  returned: always
                  type: str
                protocol:
                  description: "What made the route: boot, static, dhcp, ra ...; null where unknown."
                  returned: always
                  type: str
                  sample: boot
                next_hops:
                  description: Its next hops, where there are several.
                  returned: always
                  type: list
                  elements: dict
            inet6:
              description: Of IPv6.
              returned: when asked for
              type: dict
              contains:
                type:
                  description: unicast; unreachable, blackhole or prohibit where it lets nothing out; null where only /proc was read.
                  returned: always
                  type: str
                  sample: unicast
                gateway:
                  description: Next hop, the first of several; null where the network is on the link.
                  returned: always
                  type: str
                  sample: "2001:db8::1"
                interface:
                  description: Interface it leads out of; with several next hops that of the first.
                  returned: always
                  type: str
                  sample: eth0
                metric:
                  description: Its metric.
                  returned: always
                  type: int
                  sample: 1024
                preferred_source:
                  description: Source address of packets that have none yet.
                  returned: always
                  type: str
                protocol:
                  description: "What made the route: boot, static, dhcp, ra ...; null where unknown."
                  returned: always
                  type: str
                  sample: boot
                next_hops:
                  description: Its next hops, where there are several.
                  returned: always
                  type: list
                  elements: dict
        routes:
          description: Route records; only when asked for.
          returned: when asked for
          type: list
          elements: dict
        neighbours:
          description: Neighbour records; only when asked for.
          returned: when asked for
          type: list
          elements: dict
        masquerade:
          description: Records of tracked connections; only when asked for.
          returned: when asked for
          type: list
          elements: dict
        families:
          description: Records of the other address families, by family and table.
          returned: when asked for
          type: dict
          sample: {}
        network_namespace:
          description: Which one; null where a snapshot does not tell.
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
          description: Whether all that was asked for could be seen.
          returned: always
          type: bool
          sample: true
        incomplete_because:
          description: "Why not: about says what is in doubt, text why."
          returned: always
          type: list
          elements: dict
          sample: []
        covers:
          description: What may be concluded from something not being there.
          returned: always
          type: dict
          contains:
            namespaces:
              description: Whether there are no other namespaces than those told; absent if none was asked for.
              returned: when asked for
              type: str
            tables:
              description: Tables that were asked for and read whole, sorted; default_route is one.
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
              description: Protocols whose sockets were read whole, sorted; unix is one.
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
              description: Address families of which a reader was read whole, sorted.
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
              description: Whose processes could be seen.
              returned: always
              type: str
              sample: all
        schema:
          description: Name of this structure.
          returned: always
          type: str
          sample: "urn:netstat:facts:1"
        captured_at:
          description: When it was read, ISO 8601 UTC.
          returned: always
          type: str
          sample: "2026-11-21T12:32:46.491Z"
        hostname:
          description: Name of the machine.
          returned: always
          type: str
          sample: web1
        kernel_release:
          description: Its kernel.
          returned: always
          type: str
          sample: "6.12.48"
        namespaces:
          description: Other network namespaces by name, or by inode where they have none.
          returned: when asked for
          type: dict
    tcp_listen:
      description: What listens, a row for each process, as C(listen_ports_facts) tells it.
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
      description: What listens, a row for each process, as C(listen_ports_facts) tells it.
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
        msg="netstat.core.netstat_facts works on the controller, by its action plugin, which ansible_facts_modules passes "
        "over; list netstat.core.netstat_capture there, and give the fact netstat_snapshot to the option snapshot"
    )


if __name__ == "__main__":
    main()
