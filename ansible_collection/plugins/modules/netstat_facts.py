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
      - It applies to all tables. What it says about a field that a record lacks is unknown, and does not match.
    type: str
  netns:
    description:
      - Other network namespaces of the target to read, each a name, V(pid:NUMBER) or V(inode:NUMBER); V(all) reads all.
      - Their facts are in RV(ansible_facts.netstat.namespaces). Entering a namespace requires root on the target.
    type: list
    elements: str
  owners:
    description:
      - Whether to find the processes that hold sockets. For that, the target looks through the open descriptors of all its
        processes, which takes most of the time where there are many.
      - If V(false), the target does not, and C(processes), C(pids) and C(owner_seen) are null. Tests then answer questions
        about ports, but fail if they are asked about processes.
      - O(netns) with V(all) searches descriptors nevertheless, for namespaces that nothing else keeps.
    type: bool
    default: true
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
        M(community.general.listen_ports_facts) does. A list is absent if its protocol was not read.
      - For C(stime) the target is asked for the same details of processes as with O(who); without O(who) they are not
        in the facts. Where the processes of a socket cannot be seen, C(pid) is 0, and C(name) and C(stime) are empty.
    type: str
    choices: [listen_ports_facts]
  snapshot:
    description:
      - A snapshot to build the facts from, as M(netstat.core.netstat_capture) returns it. The target is not contacted.
    type: str
  set_fact:
    description:
      - Whether to set C(ansible_facts.netstat). New facts replace all earlier ones, also those of tables that this task
        does not read, since parts of different times would look like one reading.
      - If V(false), the facts are in the result only, in RV(netstat), and earlier facts remain. A role that needs few
        tables can use this, so that it does not take away what others have gathered.
    type: bool
    default: true
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
    where: state == 'ESTABLISHED' && in_prefix(remote_address, '10.0.0.0/8')
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

- name: Gather ports without processes, where so many descriptors are open that finding these takes long
  netstat.core.netstat_facts:
    owners: false

- name: Gather the command lines of listening processes, with all arguments
  netstat.core.netstat_facts:
    who: true
    arguments: true
  become: true

- name: Look at one protocol and leave the facts that were gathered before as they are
  netstat.core.netstat_facts:
    tables: [sockets]
    protocols: [tcp]
    set_fact: false
  register: found

- name: Check that nothing serves Telnet
  ansible.builtin.assert:
    that: found is netstat.core.closed_on('tcp/23')

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
          description: >-
            Listening Internet sockets by protocol and port, such as tcp/22; udp/ephemeral for sockets whose port is in local_ports and which
            processes hold: clients, as far as the kernel tells.
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
              owners:
                - cgroup: "/system.slice/ssh.service"
                  command:
                    - "/usr/sbin/sshd"
                  container: null
                  descriptors:
                    - 3
                    - 4
                  executable: "/usr/sbin/sshd"
                  name: sshd
                  pid: 812
                  pod: null
                  socket_unit: null
                  started_at: "2026-11-21T09:05:03Z"
                  uid: 0
                  unit: ssh.service
                  user_unit: null
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
          contains:
            addresses:
              description: "Local addresses, sorted; 0.0.0.0 and :: stand for all; of a socket bound to a device with it: 0.0.0.0%eth0."
              returned: always
              type: list
              elements: str
            families:
              description: IP versions of the sockets.
              returned: always
              type: list
              elements: str
            processes:
              description: Command names of the processes that hold them, sorted; null if owners were not requested.
              returned: always
              type: list
              elements: str
            pids:
              description: Process ids of those, sorted; null if owners were not requested.
              returned: always
              type: list
              elements: int
            uids:
              description: "User ids of the sockets' owners, sorted."
              returned: always
              type: list
              elements: int
            users:
              description: Names of those users on that machine, sorted; without users that have no name.
              returned: always
              type: list
              elements: str
            v6_only:
              description: "Whether :: accepts no IPv4; null if nothing listens on ::, or if this is unknown."
              returned: always
              type: bool
            reachable:
              description: "IP versions by which it can be reached: :: serves IPv4 too unless it is known to be v6-only."
              returned: always
              type: list
              elements: str
            owner_seen:
              description: >-
                Whether the processes of all of its sockets could be seen; those of the kernel have none; null if owners were not requested.
              returned: always
              type: bool
            sockets:
              description: One entry for each different socket; absent if the sockets differ only in their addresses.
              returned: when requested
              type: list
              elements: dict
              contains:
                port:
                  description: Local port; only in udp/ephemeral and udplite/ephemeral.
                  returned: when requested
                  type: int
                address:
                  description: Local address, with the device if it is bound to one.
                  returned: always
                  type: str
                v6_only:
                  description: "Whether it accepts no IPv4; null if unknown, or if it is not on ::."
                  returned: always
                  type: bool
                processes:
                  description: Command names of the processes that hold them, sorted; null if owners were not requested.
                  returned: always
                  type: list
                  elements: str
                owner_seen:
                  description: "Whether its processes could be seen; true without any if it is the kernel's; null if not requested."
                  returned: always
                  type: bool
            owners:
              description: Its processes as in records; only with who or arguments.
              returned: when requested
              type: list
              elements: dict
              contains:
                pid:
                  description: Process id, as seen from the PID namespace of the capture.
                  returned: always
                  type: int
                uid:
                  description: Real user id of the process.
                  returned: always
                  type: int
                name:
                  description: Command name as the kernel keeps it (/proc/PID/comm).
                  returned: always
                  type: str
                command:
                  description: >-
                    Command line of the process (/proc/PID/cmdline): its first argument alone, all where arguments were asked for; empty for kernel
                    threads.
                  returned: always
                  type: list
                  elements: str
                context:
                  description: Security context of the process (/proc/PID/attr/current).
                  returned: when requested
                  type: str
                descriptors:
                  description: Numbers of the descriptors that are the socket, ascending; null where not recorded.
                  returned: when requested
                  type: list
                  elements: int
                executable:
                  description: "Path of the program as the kernel tells it, ending in ' (deleted)' if removed."
                  returned: when requested
                  type: str
                started_at:
                  description: When the process started, ISO 8601 UTC; exact to a second or two.
                  returned: when requested
                  type: str
                cgroup:
                  description: "Path of its control group: version 2's, or the one systemd keeps in version 1."
                  returned: when requested
                  type: str
                unit:
                  description: "Unit of the system's systemd; of a socket that process 1 holds, the socket unit if known."
                  returned: when requested
                  type: str
                user_unit:
                  description: "Unit of a user's systemd; null outside of one."
                  returned: when requested
                  type: str
                socket_unit:
                  description: Socket unit that this descriptor was passed on by (LISTEN_FDNAMES).
                  returned: when requested
                  type: str
                container:
                  description: Container it runs in; null outside of one, as far as paths tell.
                  returned: when requested
                  type: dict
                  contains:
                    id:
                      description: Id of the container, its name where the runtime uses names.
                      returned: always
                      type: str
                    runtime:
                      description: Container runtime; null where the path does not tell.
                      returned: always
                      type: str
                pod:
                  description: Id of the Kubernetes pod it runs in.
                  returned: when requested
                  type: str
        unix_listening:
          description: Listening UNIX sockets by path or @name.
          returned: when requested
          type: dict
          sample:
            "/run/docker.sock":
              abstract: false
              owner_seen: true
              owners:
                - cgroup: "/system.slice/docker.service"
                  command:
                    - "/usr/bin/dockerd"
                  container: null
                  descriptors:
                    - 7
                  executable: "/usr/bin/dockerd"
                  name: dockerd
                  pid: 901
                  pod: null
                  socket_unit: null
                  started_at: "2026-11-21T09:05:03Z"
                  uid: 0
                  unit: docker.service
                  user_unit: null
              pids:
                - 901
              processes:
                - dockerd
              type: stream
          contains:
            type:
              description: stream or seqpacket; null if there are both.
              returned: always
              type: str
            abstract:
              description: Whether the name is abstract; its key begins with @ in place of a NUL byte.
              returned: always
              type: bool
            processes:
              description: Command names of the processes that hold them, sorted; null if owners were not requested.
              returned: always
              type: list
              elements: str
            pids:
              description: Process ids of those, sorted; null if owners were not requested.
              returned: always
              type: list
              elements: int
            owner_seen:
              description: Whether the processes of all of its sockets could be seen; null if owners were not requested.
              returned: always
              type: bool
            owners:
              description: Its processes as in records; only with who or arguments.
              returned: when requested
              type: list
              elements: dict
              contains:
                pid:
                  description: Process id, as seen from the PID namespace of the capture.
                  returned: always
                  type: int
                uid:
                  description: Real user id of the process.
                  returned: always
                  type: int
                name:
                  description: Command name as the kernel keeps it (/proc/PID/comm).
                  returned: always
                  type: str
                command:
                  description: >-
                    Command line of the process (/proc/PID/cmdline): its first argument alone, all where arguments were asked for; empty for kernel
                    threads.
                  returned: always
                  type: list
                  elements: str
                context:
                  description: Security context of the process (/proc/PID/attr/current).
                  returned: when requested
                  type: str
                descriptors:
                  description: Numbers of the descriptors that are the socket, ascending; null where not recorded.
                  returned: when requested
                  type: list
                  elements: int
                executable:
                  description: "Path of the program as the kernel tells it, ending in ' (deleted)' if removed."
                  returned: when requested
                  type: str
                started_at:
                  description: When the process started, ISO 8601 UTC; exact to a second or two.
                  returned: when requested
                  type: str
                cgroup:
                  description: "Path of its control group: version 2's, or the one systemd keeps in version 1."
                  returned: when requested
                  type: str
                unit:
                  description: "Unit of the system's systemd; of a socket that process 1 holds, the socket unit if known."
                  returned: when requested
                  type: str
                user_unit:
                  description: "Unit of a user's systemd; null outside of one."
                  returned: when requested
                  type: str
                socket_unit:
                  description: Socket unit that this descriptor was passed on by (LISTEN_FDNAMES).
                  returned: when requested
                  type: str
                container:
                  description: Container it runs in; null outside of one, as far as paths tell.
                  returned: when requested
                  type: dict
                  contains:
                    id:
                      description: Id of the container, its name where the runtime uses names.
                      returned: always
                      type: str
                    runtime:
                      description: Container runtime; null where the path does not tell.
                      returned: always
                      type: str
                pod:
                  description: Id of the Kubernetes pod it runs in.
                  returned: when requested
                  type: str
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
          sample:
            eth0:
              addresses:
                - address: "192.0.2.10"
                  broadcast_address: null
                  family: inet
                  flags:
                    - permanent
                  label: eth0
                  peer_address: null
                  prefix_length: 24
                  scope: global
                - address: "2001:db8::10"
                  broadcast_address: null
                  family: inet6
                  flags:
                    - nodad
                    - permanent
                  label: null
                  peer_address: null
                  prefix_length: 64
                  scope: global
              aliases: []
              alternative_names: []
              bond_mode: null
              collisions: 0
              description: null
              device_map: null
              flags:
                - broadcast
                - lower_up
                - multicast
                - running
                - up
              flags_text: BMRU
              hardware_address: "1a:6a:c6:ea:e5:e7"
              hardware_broadcast: "ff:ff:ff:ff:ff:ff"
              hardware_type: ether
              index: 3
              link: peer0
              link_index: 2
              link_kind: veth
              link_namespace_id: null
              master: null
              master_kind: null
              mtu: 1500
              multicast: 0
              name: eth0
              oper_state: up
              rx_bytes: 266
              rx_compressed: 0
              rx_crc_errors: 0
              rx_dropped: 0
              rx_dropped_total: 0
              rx_errors: 0
              rx_fifo_errors: 0
              rx_frame_errors: 0
              rx_frame_total: 0
              rx_length_errors: 0
              rx_missed_errors: 0
              rx_nohandler: 0
              rx_otherhost_dropped: 0
              rx_over_errors: 0
              rx_packets: 3
              tx_aborted_errors: 0
              tx_bytes: 306
              tx_carrier_errors: 0
              tx_carrier_total: 0
              tx_compressed: 0
              tx_dropped: 0
              tx_errors: 0
              tx_fifo_errors: 0
              tx_heartbeat_errors: 0
              tx_packets: 3
              tx_queue_length: 1000
              tx_window_errors: 0
              vlan_id: null
              vlan_protocol: null
          contains:
            kind:
              description: What this record describes.
              returned: always
              type: str
            name:
              description: Name of a network interface.
              returned: always
              type: str
            index:
              description: "The kernel's number of the interface."
              returned: always
              type: int
            alternative_names:
              description: Alternative names that the kernel accepts.
              returned: always
              type: list
              elements: str
            aliases:
              description: "Names of its IPv4 addresses that are not its own, such as eth0:1."
              returned: always
              type: list
              elements: str
            description:
              description: Free text set by an administrator (ifalias).
              returned: always
              type: str
            hardware_type:
              description: "Kind of link layer (ARPHRD_), in iproute2's words, or unknown(N)."
              returned: always
              type: str
            hardware_address:
              description: >-
                Link-layer address: hex bytes with colons, a callsign for ax25 and netrom, ten digits for rose, an IP address for tunnels; null
                without one.
              returned: always
              type: str
            hardware_broadcast:
              description: Link-layer broadcast address; for a tunnel the other end.
              returned: always
              type: str
            mtu:
              description: Maximum transmission unit.
              returned: always
              type: int
            tx_queue_length:
              description: Length of the transmit queue in packets.
              returned: always
              type: int
            flags:
              description: IFF_ flags in lower case, sorted; bit_N for one without a name.
              returned: always
              type: list
              elements: str
            flags_text:
              description: "netstat's letters for the flags; P stands for promisc and pointopoint."
              returned: always
              type: str
            oper_state:
              description: State as in RFC 2863.
              returned: always
              type: str
            link_kind:
              description: "Kind of virtual link: vlan, bond, bridge, veth, tun."
              returned: always
              type: str
            master:
              description: Bridge, bond, team or VRF it is a port of.
              returned: always
              type: str
            master_kind:
              description: "Kind of the master: bridge, bond, team, vrf."
              returned: always
              type: str
            link:
              description: Lower interface or peer of a veth, if in this namespace.
              returned: always
              type: str
            link_index:
              description: Index of that interface in its own namespace.
              returned: always
              type: int
            link_namespace_id:
              description: Id of that namespace as seen from here; null if it is this one.
              returned: always
              type: int
            vlan_id:
              description: VLAN id of a vlan interface.
              returned: always
              type: int
            vlan_protocol:
              description: "Tag protocol of a vlan interface: 802.1Q, 802.1ad, else in hex (0x9100)."
              returned: always
              type: str
            bond_mode:
              description: Mode of a bond interface.
              returned: always
              type: str
            device_map:
              description: Hardware resources of an old device (struct ifmap).
              returned: always
              type: dict
              contains:
                interrupt:
                  description: Number of the interrupt; 0 for none.
                  returned: always
                  type: int
                base_address:
                  description: First I/O port; 0 for none.
                  returned: always
                  type: int
                memory_start:
                  description: First address of its memory; 0 for none.
                  returned: always
                  type: int
                memory_end:
                  description: End of its memory; 0 for none.
                  returned: always
                  type: int
                dma:
                  description: Number of the DMA channel; 0 for none.
                  returned: always
                  type: int
                port:
                  description: Number of the medium in use (IF_PORT_).
                  returned: always
                  type: int
            addresses:
              description: IPv4 and IPv6 addresses; null if unknown.
              returned: always
              type: list
              elements: dict
              contains:
                family:
                  description: Address family.
                  returned: always
                  type: str
                address:
                  description: Network address in canonical text form.
                  returned: always
                  type: str
                prefix_length:
                  description: Length of the prefix in bits.
                  returned: always
                  type: int
                scope:
                  description: Scope of validity.
                  returned: always
                  type: str
                label:
                  description: "IPv4: name of the interface, or of an alias such as eth0:1."
                  returned: always
                  type: str
                peer_address:
                  description: Other end of a point-to-point link.
                  returned: always
                  type: str
                broadcast_address:
                  description: "IPv4: broadcast address; null if none is set."
                  returned: always
                  type: str
                flags:
                  description: IFA_F_ flags in lower case, sorted; IPv6 privacy addresses are `secondary`.
                  returned: always
                  type: list
                  elements: str
            rx_packets:
              description: Packets received.
              returned: always
              type: int
            rx_bytes:
              description: Bytes received.
              returned: always
              type: int
            rx_errors:
              description: Packets received with errors of any kind.
              returned: always
              type: int
            rx_dropped:
              description: Packets received and dropped for lack of memory or of a receiver.
              returned: always
              type: int
            rx_missed_errors:
              description: Packets dropped by the device for lack of buffers.
              returned: always
              type: int
            rx_dropped_total:
              description: "rx_dropped and rx_missed_errors: netstat's RX-DRP."
              returned: always
              type: int
            rx_fifo_errors:
              description: "FIFO overruns while receiving: netstat's RX-OVR."
              returned: always
              type: int
            rx_length_errors:
              description: Packets of a wrong length, included in the errors.
              returned: always
              type: int
            rx_over_errors:
              description: Packets that overran the receive ring, included in the errors.
              returned: always
              type: int
            rx_crc_errors:
              description: Packets with a wrong checksum, included in the errors.
              returned: always
              type: int
            rx_frame_errors:
              description: Packets with wrong alignment, included in the errors.
              returned: always
              type: int
            rx_frame_total:
              description: "Sum of length, over, crc and frame errors: netstat's frame."
              returned: always
              type: int
            rx_compressed:
              description: Compressed packets received.
              returned: always
              type: int
            rx_nohandler:
              description: Packets dropped because an inactive port received them.
              returned: always
              type: int
            rx_otherhost_dropped:
              description: Packets dropped as meant for another host.
              returned: always
              type: int
            multicast:
              description: Multicast packets received.
              returned: always
              type: int
            tx_packets:
              description: Packets sent.
              returned: always
              type: int
            tx_bytes:
              description: Bytes sent.
              returned: always
              type: int
            tx_errors:
              description: Packets not sent because of errors of any kind.
              returned: always
              type: int
            tx_dropped:
              description: Packets dropped on their way to the device.
              returned: always
              type: int
            tx_fifo_errors:
              description: "FIFO underruns while sending: netstat's TX-OVR."
              returned: always
              type: int
            tx_aborted_errors:
              description: Aborted transmissions, included in the errors.
              returned: always
              type: int
            tx_carrier_errors:
              description: Losses of carrier while sending, included in the errors.
              returned: always
              type: int
            tx_heartbeat_errors:
              description: Heartbeat errors while sending, included in the errors.
              returned: always
              type: int
            tx_window_errors:
              description: Late collisions (out of the window), included in the errors.
              returned: always
              type: int
            tx_carrier_total:
              description: "Sum of carrier, aborted, heartbeat and window errors: netstat's carrier."
              returned: always
              type: int
            tx_compressed:
              description: Compressed packets sent.
              returned: always
              type: int
            collisions:
              description: Collisions while sending.
              returned: always
              type: int
            network_namespace:
              description: Where it was seen; null in a snapshot without names.
              returned: always
              type: dict
              contains:
                inode:
                  description: "Inode of the namespace in nsfs, the number in net:[N]."
                  returned: always
                  type: int
                name:
                  description: Name under /run/netns, null where it has none.
                  returned: always
                  type: str
            host:
              description: Name of the machine, as --host gives it; absent without that option.
              returned: when requested
              type: str
            captured_at:
              description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
              returned: when requested
              type: str
        groups:
          description: Multicast groups by interface.
          returned: when requested
          type: dict
          sample:
            eth0:
              - family: inet
                group: "224.0.0.1"
                users: 1
          contains:
            family:
              description: IP version.
              returned: always
              type: str
            group:
              description: Address of the group.
              returned: always
              type: str
            users:
              description: How many times it was joined.
              returned: always
              type: int
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
        local_ports:
          description: Ports that the kernel assigns to sockets, the range ip_local_port_range; absent if unknown.
          returned: when requested
          type: dict
          contains:
            first:
              description: First port.
              returned: always
              type: int
              sample: 32768
            last:
              description: Last port.
              returned: always
              type: int
              sample: 60999
            reserved:
              description: Ports of the range that are never assigned; null if unknown.
              returned: always
              type: list
              elements: dict
              sample: []
              contains:
                first:
                  description: First port.
                  returned: always
                  type: int
                last:
                  description: Last port.
                  returned: always
                  type: int
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
                  description: Next hop, of several the first usable one; null if it is on the link.
                  returned: always
                  type: str
                  sample: "192.0.2.1"
                interface:
                  description: Outgoing interface, of several next hops that of the first usable one.
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
                  sample: "192.0.2.10"
                protocol:
                  description: "Origin of the route: boot, static, dhcp, ra ...; null if unknown."
                  returned: always
                  type: str
                  sample: boot
                table:
                  description: "Routing table: main, else its name or number; null if only /proc was read."
                  returned: always
                  type: str
                  sample: main
                preference:
                  description: "inet6: router preference (RFC 4191): high, medium, low."
                  returned: always
                  type: str
                next_hops:
                  description: Next hops of the route, or of equally good routes, dead ones too; null unless there are several.
                  returned: always
                  type: list
                  elements: dict
                  contains:
                    gateway:
                      description: Address of the gateway; null if directly connected.
                      returned: always
                      type: str
                    interface:
                      description: Outgoing interface.
                      returned: always
                      type: str
                    weight:
                      description: Share of the traffic relative to the other next hops.
                      returned: always
                      type: int
                    flags:
                      description: dead, linkdown, onlink, offload and their like, sorted.
                      returned: always
                      type: list
                      elements: str
                    encapsulation:
                      description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                      returned: always
                      type: str
                    realms:
                      description: Realms for policy and accounting, SOURCE/DESTINATION.
                      returned: always
                      type: str
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
                  description: Next hop, of several the first usable one; null if it is on the link.
                  returned: always
                  type: str
                  sample: "2001:db8::1"
                interface:
                  description: Outgoing interface, of several next hops that of the first usable one.
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
                  sample: "2001:db8::10"
                protocol:
                  description: "Origin of the route: boot, static, dhcp, ra ...; null if unknown."
                  returned: always
                  type: str
                  sample: boot
                table:
                  description: "Routing table: main, else its name or number; null if only /proc was read."
                  returned: always
                  type: str
                  sample: main
                preference:
                  description: "inet6: router preference (RFC 4191): high, medium, low."
                  returned: always
                  type: str
                  sample: medium
                next_hops:
                  description: Next hops of the route, or of equally good routes, dead ones too; null unless there are several.
                  returned: always
                  type: list
                  elements: dict
                  contains:
                    gateway:
                      description: Address of the gateway; null if directly connected.
                      returned: always
                      type: str
                    interface:
                      description: Outgoing interface.
                      returned: always
                      type: str
                    weight:
                      description: Share of the traffic relative to the other next hops.
                      returned: always
                      type: int
                    flags:
                      description: dead, linkdown, onlink, offload and their like, sorted.
                      returned: always
                      type: list
                      elements: str
                    encapsulation:
                      description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                      returned: always
                      type: str
                    realms:
                      description: Realms for policy and accounting, SOURCE/DESTINATION.
                      returned: always
                      type: str
        default_route_depends:
          description: Why there is no single default route, by IP version; empty if there is one, or none at all.
          returned: when requested
          type: dict
          contains:
            inet:
              description: Why there is no single default route.
              returned: when requested
              type: dict
              contains:
                reason:
                  description: "rules of policy routing, source or type of service: what the default route of a packet depends on."
                  returned: always
                  type: str
                routes:
                  description: The usable default routes of all tables and for all packets.
                  returned: always
                  type: list
                  elements: dict
                  contains:
                    kind:
                      description: What this record describes.
                      returned: always
                      type: str
                    family:
                      description: Address family of the destination.
                      returned: always
                      type: str
                    destination:
                      description: Destination network or host; unspecified for a default route.
                      returned: always
                      type: str
                    prefix_length:
                      description: Length of the prefix in bits.
                      returned: always
                      type: int
                    gateway:
                      description: Address of the gateway, for IPv4 routes an IPv6 one too; null if directly connected.
                      returned: always
                      type: str
                    interface:
                      description: Outgoing interface; null without one.
                      returned: always
                      type: str
                    flags:
                      description: RTF_ flags, sorted; netlink does not have addrconf, default, prefix and route_info.
                      returned: always
                      type: list
                      elements: str
                    flags_text:
                      description: "The flags as netstat's letters."
                      returned: always
                      type: str
                    metric:
                      description: Priority; of routes to the same destination the lowest wins.
                      returned: always
                      type: int
                    ref_count:
                      description: Reference count; null from netlink.
                      returned: always
                      type: int
                    use_count:
                      description: Look-ups, counted by old kernels only; null from netlink.
                      returned: always
                      type: int
                    mss_bytes:
                      description: "IPv4: advertised MSS + 40 bytes of headers; null for none."
                      returned: always
                      type: int
                    window_bytes:
                      description: "IPv4: window to advertise; null for none."
                      returned: always
                      type: int
                    irtt_ms:
                      description: "IPv4: initial round-trip time in whole milliseconds."
                      returned: always
                      type: int
                    table:
                      description: "main, local, default, else the table's number."
                      returned: always
                      type: str
                    type:
                      description: unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat.
                      returned: always
                      type: str
                    scope:
                      description: global, site, link, host, nowhere, else a number.
                      returned: always
                      type: str
                    protocol:
                      description: "Origin of the route: kernel, boot, static, ra, dhcp ..., else a number."
                      returned: always
                      type: str
                    preferred_source:
                      description: Preferred source address.
                      returned: always
                      type: str
                    next_hops:
                      description: All next hops if there are several, else null.
                      returned: always
                      type: list
                      elements: dict
                      contains:
                        gateway:
                          description: Address of the gateway; null if directly connected.
                          returned: always
                          type: str
                        interface:
                          description: Outgoing interface.
                          returned: always
                          type: str
                        weight:
                          description: Share of the traffic relative to the other next hops.
                          returned: always
                          type: int
                        flags:
                          description: dead, linkdown, onlink, offload and their like, sorted.
                          returned: always
                          type: list
                          elements: str
                        encapsulation:
                          description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                          returned: always
                          type: str
                        realms:
                          description: Realms for policy and accounting, SOURCE/DESTINATION.
                          returned: always
                          type: str
                    metrics:
                      description: Parameters for transport protocols; null if none is set, or unknown.
                      returned: always
                      type: dict
                      contains:
                        mtu_bytes:
                          description: Path MTU.
                          returned: always
                          type: int
                        window_bytes:
                          description: Largest window to advertise.
                          returned: always
                          type: int
                        rtt_ms:
                          description: Initial estimate of the round-trip time.
                          returned: always
                          type: float
                        rtt_variance_ms:
                          description: Initial estimate of its variance.
                          returned: always
                          type: float
                        slow_start_threshold:
                          description: Initial slow-start threshold, in segments.
                          returned: always
                          type: int
                        congestion_window:
                          description: Clamp of the congestion window, in segments.
                          returned: always
                          type: int
                        advertised_mss_bytes:
                          description: Largest segment to advertise.
                          returned: always
                          type: int
                        reordering:
                          description: Assumed reordering of packets, in segments.
                          returned: always
                          type: int
                        hop_limit:
                          description: TTL or hop limit of packets sent.
                          returned: always
                          type: int
                        initial_congestion_window:
                          description: Initial congestion window, in segments.
                          returned: always
                          type: int
                        features:
                          description: ecn, sack, timestamp, allfrag, tcp_usec_ts, sorted.
                          returned: always
                          type: list
                          elements: str
                        rto_min_ms:
                          description: Minimum retransmission timeout.
                          returned: always
                          type: float
                        initial_receive_window:
                          description: Initial receive window, in segments.
                          returned: always
                          type: int
                        quick_ack:
                          description: "1 if segments are acknowledged at once."
                          returned: always
                          type: int
                        congestion_control:
                          description: Congestion control algorithm.
                          returned: always
                          type: str
                        fastopen_no_cookie:
                          description: "1 if TCP Fast Open needs no cookie."
                          returned: always
                          type: int
                        locked:
                          description: Names of the metrics that learned values must not change, sorted.
                          returned: always
                          type: list
                          elements: str
                    source:
                      description: "inet6: source prefix ADDRESS/LENGTH that the route applies to; null for all."
                      returned: always
                      type: str
                    tos:
                      description: "inet: type of service that the route applies to; 0 for all."
                      returned: always
                      type: int
                    next_hop_id:
                      description: Number of the next-hop object in use.
                      returned: always
                      type: int
                    next_hop_flags:
                      description: "Of a single next hop: dead, linkdown, onlink, offload and their like, sorted."
                      returned: always
                      type: list
                      elements: str
                    expires_seconds:
                      description: "inet6: time left; null if it does not expire."
                      returned: always
                      type: float
                    preference:
                      description: "inet6: router preference (RFC 4191): high, medium, low."
                      returned: always
                      type: str
                    encapsulation:
                      description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                      returned: always
                      type: str
                    realms:
                      description: Realms for policy and accounting, SOURCE/DESTINATION.
                      returned: always
                      type: str
                    network_namespace:
                      description: Where it was seen; null in a snapshot without names.
                      returned: always
                      type: dict
                      contains:
                        inode:
                          description: "Inode of the namespace in nsfs, the number in net:[N]."
                          returned: always
                          type: int
                        name:
                          description: Name under /run/netns, null where it has none.
                          returned: always
                          type: str
                    host:
                      description: Name of the machine, as --host gives it; absent without that option.
                      returned: when requested
                      type: str
                    captured_at:
                      description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
                      returned: when requested
                      type: str
                text:
                  description: Explanation for people; do not parse it.
                  returned: always
                  type: str
            inet6:
              description: Why there is no single default route.
              returned: when requested
              type: dict
              contains:
                reason:
                  description: "rules of policy routing, source or type of service: what the default route of a packet depends on."
                  returned: always
                  type: str
                routes:
                  description: The usable default routes of all tables and for all packets.
                  returned: always
                  type: list
                  elements: dict
                  contains:
                    kind:
                      description: What this record describes.
                      returned: always
                      type: str
                    family:
                      description: Address family of the destination.
                      returned: always
                      type: str
                    destination:
                      description: Destination network or host; unspecified for a default route.
                      returned: always
                      type: str
                    prefix_length:
                      description: Length of the prefix in bits.
                      returned: always
                      type: int
                    gateway:
                      description: Address of the gateway, for IPv4 routes an IPv6 one too; null if directly connected.
                      returned: always
                      type: str
                    interface:
                      description: Outgoing interface; null without one.
                      returned: always
                      type: str
                    flags:
                      description: RTF_ flags, sorted; netlink does not have addrconf, default, prefix and route_info.
                      returned: always
                      type: list
                      elements: str
                    flags_text:
                      description: "The flags as netstat's letters."
                      returned: always
                      type: str
                    metric:
                      description: Priority; of routes to the same destination the lowest wins.
                      returned: always
                      type: int
                    ref_count:
                      description: Reference count; null from netlink.
                      returned: always
                      type: int
                    use_count:
                      description: Look-ups, counted by old kernels only; null from netlink.
                      returned: always
                      type: int
                    mss_bytes:
                      description: "IPv4: advertised MSS + 40 bytes of headers; null for none."
                      returned: always
                      type: int
                    window_bytes:
                      description: "IPv4: window to advertise; null for none."
                      returned: always
                      type: int
                    irtt_ms:
                      description: "IPv4: initial round-trip time in whole milliseconds."
                      returned: always
                      type: int
                    table:
                      description: "main, local, default, else the table's number."
                      returned: always
                      type: str
                    type:
                      description: unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat.
                      returned: always
                      type: str
                    scope:
                      description: global, site, link, host, nowhere, else a number.
                      returned: always
                      type: str
                    protocol:
                      description: "Origin of the route: kernel, boot, static, ra, dhcp ..., else a number."
                      returned: always
                      type: str
                    preferred_source:
                      description: Preferred source address.
                      returned: always
                      type: str
                    next_hops:
                      description: All next hops if there are several, else null.
                      returned: always
                      type: list
                      elements: dict
                      contains:
                        gateway:
                          description: Address of the gateway; null if directly connected.
                          returned: always
                          type: str
                        interface:
                          description: Outgoing interface.
                          returned: always
                          type: str
                        weight:
                          description: Share of the traffic relative to the other next hops.
                          returned: always
                          type: int
                        flags:
                          description: dead, linkdown, onlink, offload and their like, sorted.
                          returned: always
                          type: list
                          elements: str
                        encapsulation:
                          description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                          returned: always
                          type: str
                        realms:
                          description: Realms for policy and accounting, SOURCE/DESTINATION.
                          returned: always
                          type: str
                    metrics:
                      description: Parameters for transport protocols; null if none is set, or unknown.
                      returned: always
                      type: dict
                      contains:
                        mtu_bytes:
                          description: Path MTU.
                          returned: always
                          type: int
                        window_bytes:
                          description: Largest window to advertise.
                          returned: always
                          type: int
                        rtt_ms:
                          description: Initial estimate of the round-trip time.
                          returned: always
                          type: float
                        rtt_variance_ms:
                          description: Initial estimate of its variance.
                          returned: always
                          type: float
                        slow_start_threshold:
                          description: Initial slow-start threshold, in segments.
                          returned: always
                          type: int
                        congestion_window:
                          description: Clamp of the congestion window, in segments.
                          returned: always
                          type: int
                        advertised_mss_bytes:
                          description: Largest segment to advertise.
                          returned: always
                          type: int
                        reordering:
                          description: Assumed reordering of packets, in segments.
                          returned: always
                          type: int
                        hop_limit:
                          description: TTL or hop limit of packets sent.
                          returned: always
                          type: int
                        initial_congestion_window:
                          description: Initial congestion window, in segments.
                          returned: always
                          type: int
                        features:
                          description: ecn, sack, timestamp, allfrag, tcp_usec_ts, sorted.
                          returned: always
                          type: list
                          elements: str
                        rto_min_ms:
                          description: Minimum retransmission timeout.
                          returned: always
                          type: float
                        initial_receive_window:
                          description: Initial receive window, in segments.
                          returned: always
                          type: int
                        quick_ack:
                          description: "1 if segments are acknowledged at once."
                          returned: always
                          type: int
                        congestion_control:
                          description: Congestion control algorithm.
                          returned: always
                          type: str
                        fastopen_no_cookie:
                          description: "1 if TCP Fast Open needs no cookie."
                          returned: always
                          type: int
                        locked:
                          description: Names of the metrics that learned values must not change, sorted.
                          returned: always
                          type: list
                          elements: str
                    source:
                      description: "inet6: source prefix ADDRESS/LENGTH that the route applies to; null for all."
                      returned: always
                      type: str
                    tos:
                      description: "inet: type of service that the route applies to; 0 for all."
                      returned: always
                      type: int
                    next_hop_id:
                      description: Number of the next-hop object in use.
                      returned: always
                      type: int
                    next_hop_flags:
                      description: "Of a single next hop: dead, linkdown, onlink, offload and their like, sorted."
                      returned: always
                      type: list
                      elements: str
                    expires_seconds:
                      description: "inet6: time left; null if it does not expire."
                      returned: always
                      type: float
                    preference:
                      description: "inet6: router preference (RFC 4191): high, medium, low."
                      returned: always
                      type: str
                    encapsulation:
                      description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                      returned: always
                      type: str
                    realms:
                      description: Realms for policy and accounting, SOURCE/DESTINATION.
                      returned: always
                      type: str
                    network_namespace:
                      description: Where it was seen; null in a snapshot without names.
                      returned: always
                      type: dict
                      contains:
                        inode:
                          description: "Inode of the namespace in nsfs, the number in net:[N]."
                          returned: always
                          type: int
                        name:
                          description: Name under /run/netns, null where it has none.
                          returned: always
                          type: str
                    host:
                      description: Name of the machine, as --host gives it; absent without that option.
                      returned: when requested
                      type: str
                    captured_at:
                      description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
                      returned: when requested
                      type: str
                text:
                  description: Explanation for people; do not parse it.
                  returned: always
                  type: str
        rules:
          description: Rules of policy routing; empty if they are those that every kernel starts with.
          returned: when requested
          type: list
          elements: dict
          sample: []
        routes:
          description: Route records; only if requested.
          returned: when requested
          type: list
          elements: dict
          sample:
            - destination: "0.0.0.0"
              encapsulation: null
              expires_seconds: null
              family: inet
              flags:
                - gateway
                - up
              flags_text: UG
              gateway: "192.0.2.1"
              interface: eth0
              irtt_ms: null
              kind: route
              metric: 0
              metrics: null
              mss_bytes: null
              network_namespace:
                inode: 4026532323
                name: null
              next_hop_flags: []
              next_hop_id: null
              next_hops: null
              preference: null
              preferred_source: "192.0.2.10"
              prefix_length: 0
              protocol: boot
              realms: null
              ref_count: null
              scope: global
              source: null
              table: main
              tos: 0
              type: unicast
              use_count: null
              window_bytes: null
            - destination: "192.0.2.0"
              encapsulation: null
              expires_seconds: null
              family: inet
              flags:
                - up
              flags_text: U
              gateway: null
              interface: eth0
              irtt_ms: null
              kind: route
              metric: 0
              metrics: null
              mss_bytes: null
              network_namespace:
                inode: 4026532323
                name: null
              next_hop_flags: []
              next_hop_id: null
              next_hops: null
              preference: null
              preferred_source: "192.0.2.10"
              prefix_length: 24
              protocol: kernel
              realms: null
              ref_count: null
              scope: link
              source: null
              table: main
              tos: 0
              type: unicast
              use_count: null
              window_bytes: null
          contains:
            kind:
              description: What this record describes.
              returned: always
              type: str
            family:
              description: Address family of the destination.
              returned: always
              type: str
            destination:
              description: Destination network or host; unspecified for a default route.
              returned: always
              type: str
            prefix_length:
              description: Length of the prefix in bits.
              returned: always
              type: int
            gateway:
              description: Address of the gateway, for IPv4 routes an IPv6 one too; null if directly connected.
              returned: always
              type: str
            interface:
              description: Outgoing interface; null without one.
              returned: always
              type: str
            flags:
              description: RTF_ flags, sorted; netlink does not have addrconf, default, prefix and route_info.
              returned: always
              type: list
              elements: str
            flags_text:
              description: "The flags as netstat's letters."
              returned: always
              type: str
            metric:
              description: Priority; of routes to the same destination the lowest wins.
              returned: always
              type: int
            ref_count:
              description: Reference count; null from netlink.
              returned: always
              type: int
            use_count:
              description: Look-ups, counted by old kernels only; null from netlink.
              returned: always
              type: int
            mss_bytes:
              description: "IPv4: advertised MSS + 40 bytes of headers; null for none."
              returned: always
              type: int
            window_bytes:
              description: "IPv4: window to advertise; null for none."
              returned: always
              type: int
            irtt_ms:
              description: "IPv4: initial round-trip time in whole milliseconds."
              returned: always
              type: int
            table:
              description: "main, local, default, else the table's number."
              returned: always
              type: str
            type:
              description: unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat.
              returned: always
              type: str
            scope:
              description: global, site, link, host, nowhere, else a number.
              returned: always
              type: str
            protocol:
              description: "Origin of the route: kernel, boot, static, ra, dhcp ..., else a number."
              returned: always
              type: str
            preferred_source:
              description: Preferred source address.
              returned: always
              type: str
            next_hops:
              description: All next hops if there are several, else null.
              returned: always
              type: list
              elements: dict
              contains:
                gateway:
                  description: Address of the gateway; null if directly connected.
                  returned: always
                  type: str
                interface:
                  description: Outgoing interface.
                  returned: always
                  type: str
                weight:
                  description: Share of the traffic relative to the other next hops.
                  returned: always
                  type: int
                flags:
                  description: dead, linkdown, onlink, offload and their like, sorted.
                  returned: always
                  type: list
                  elements: str
                encapsulation:
                  description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
                  returned: always
                  type: str
                realms:
                  description: Realms for policy and accounting, SOURCE/DESTINATION.
                  returned: always
                  type: str
            metrics:
              description: Parameters for transport protocols; null if none is set, or unknown.
              returned: always
              type: dict
              contains:
                mtu_bytes:
                  description: Path MTU.
                  returned: always
                  type: int
                window_bytes:
                  description: Largest window to advertise.
                  returned: always
                  type: int
                rtt_ms:
                  description: Initial estimate of the round-trip time.
                  returned: always
                  type: float
                rtt_variance_ms:
                  description: Initial estimate of its variance.
                  returned: always
                  type: float
                slow_start_threshold:
                  description: Initial slow-start threshold, in segments.
                  returned: always
                  type: int
                congestion_window:
                  description: Clamp of the congestion window, in segments.
                  returned: always
                  type: int
                advertised_mss_bytes:
                  description: Largest segment to advertise.
                  returned: always
                  type: int
                reordering:
                  description: Assumed reordering of packets, in segments.
                  returned: always
                  type: int
                hop_limit:
                  description: TTL or hop limit of packets sent.
                  returned: always
                  type: int
                initial_congestion_window:
                  description: Initial congestion window, in segments.
                  returned: always
                  type: int
                features:
                  description: ecn, sack, timestamp, allfrag, tcp_usec_ts, sorted.
                  returned: always
                  type: list
                  elements: str
                rto_min_ms:
                  description: Minimum retransmission timeout.
                  returned: always
                  type: float
                initial_receive_window:
                  description: Initial receive window, in segments.
                  returned: always
                  type: int
                quick_ack:
                  description: "1 if segments are acknowledged at once."
                  returned: always
                  type: int
                congestion_control:
                  description: Congestion control algorithm.
                  returned: always
                  type: str
                fastopen_no_cookie:
                  description: "1 if TCP Fast Open needs no cookie."
                  returned: always
                  type: int
                locked:
                  description: Names of the metrics that learned values must not change, sorted.
                  returned: always
                  type: list
                  elements: str
            source:
              description: "inet6: source prefix ADDRESS/LENGTH that the route applies to; null for all."
              returned: always
              type: str
            tos:
              description: "inet: type of service that the route applies to; 0 for all."
              returned: always
              type: int
            next_hop_id:
              description: Number of the next-hop object in use.
              returned: always
              type: int
            next_hop_flags:
              description: "Of a single next hop: dead, linkdown, onlink, offload and their like, sorted."
              returned: always
              type: list
              elements: str
            expires_seconds:
              description: "inet6: time left; null if it does not expire."
              returned: always
              type: float
            preference:
              description: "inet6: router preference (RFC 4191): high, medium, low."
              returned: always
              type: str
            encapsulation:
              description: "Kind of lightweight tunnel: mpls, ip, ip6, seg6."
              returned: always
              type: str
            realms:
              description: Realms for policy and accounting, SOURCE/DESTINATION.
              returned: always
              type: str
            network_namespace:
              description: Where it was seen; null in a snapshot without names.
              returned: always
              type: dict
              contains:
                inode:
                  description: "Inode of the namespace in nsfs, the number in net:[N]."
                  returned: always
                  type: int
                name:
                  description: Name under /run/netns, null where it has none.
                  returned: always
                  type: str
            host:
              description: Name of the machine, as --host gives it; absent without that option.
              returned: when requested
              type: str
            captured_at:
              description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
              returned: when requested
              type: str
        neighbours:
          description: Neighbour records; only if requested.
          returned: when requested
          type: list
          elements: dict
          sample:
            - address: "192.0.2.1"
              confirmed_seconds: 2.18
              family: inet
              flags: []
              hardware_address: "02:00:5e:00:53:01"
              interface: eth0
              kind: neighbour
              network_namespace:
                inode: 4026532323
                name: null
              probes: 0
              protocol: null
              proxy: false
              ref_count: 1
              state: reachable
              updated_seconds: 2.18
              used_seconds: 2.18
          contains:
            kind:
              description: What this record describes.
              returned: always
              type: str
            family:
              description: Address family.
              returned: always
              type: str
            address:
              description: Network address in canonical text form.
              returned: always
              type: str
            hardware_address:
              description: Hardware address, bytes in hex with colons; null while unresolved.
              returned: always
              type: str
            interface:
              description: Interface of the link; null for a proxy entry of all interfaces.
              returned: always
              type: str
            state:
              description: Reachability state; null for proxies, and from /proc unless permanent.
              returned: always
              type: str
            flags:
              description: router, ext_learned, offloaded, managed ..., sorted; null from /proc.
              returned: always
              type: list
              elements: str
            proxy:
              description: "Proxy entry: the address is answered for on behalf of another host."
              returned: always
              type: bool
            ref_count:
              description: Reference count.
              returned: always
              type: int
            probes:
              description: Unanswered probes.
              returned: always
              type: int
            confirmed_seconds:
              description: Time since it was last confirmed reachable.
              returned: always
              type: float
            used_seconds:
              description: Time since it was last used.
              returned: always
              type: float
            updated_seconds:
              description: Time since its state last changed.
              returned: always
              type: float
            protocol:
              description: "Origin of the entry: static, zebra ..., else a number; null for the kernel itself."
              returned: always
              type: str
            network_namespace:
              description: Where it was seen; null in a snapshot without names.
              returned: always
              type: dict
              contains:
                inode:
                  description: "Inode of the namespace in nsfs, the number in net:[N]."
                  returned: always
                  type: int
                name:
                  description: Name under /run/netns, null where it has none.
                  returned: always
                  type: str
            host:
              description: Name of the machine, as --host gives it; absent without that option.
              returned: when requested
              type: str
            captured_at:
              description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
              returned: when requested
              type: str
        masquerade:
          description: Records of tracked connections; only if requested.
          returned: when requested
          type: list
          elements: dict
          sample:
            - delta: 0
              expires_seconds: 899.0
              family: inet
              initial_sequence: 0
              kind: masquerade
              mark: null
              nat: source
              network_namespace:
                inode: 4026532323
                name: null
              original:
                bytes: null
                destination_address: "203.0.113.9"
                destination_port: 80
                icmp: null
                packets: null
                source_address: "192.168.1.10"
                source_port: 1025
              previous_delta: 0
              protocol: tcp
              reply:
                bytes: null
                destination_address: null
                destination_port: 61001
                icmp: null
                packets: null
                source_address: "203.0.113.9"
                source_port: 80
              state: null
              status: null
              zone: null
          contains:
            kind:
              description: What this record describes.
              returned: always
              type: str
            family:
              description: Address family.
              returned: always
              type: str
            protocol:
              description: Protocol, or its IP protocol number.
              returned: always
              type: str
            original:
              description: The packets from the host that opened the connection, before translation.
              returned: always
              type: dict
              contains:
                source_address:
                  description: Source address.
                  returned: always
                  type: str
                source_port:
                  description: Source port, or the key of GRE; null if there is none.
                  returned: always
                  type: int
                destination_address:
                  description: Destination address; null for replies in ip_masquerade, which does not show it.
                  returned: always
                  type: str
                destination_port:
                  description: Destination port, or the key of GRE; null if there is none.
                  returned: always
                  type: int
                icmp:
                  description: Type, code and identifier of ICMP, which has no ports; else null.
                  returned: always
                  type: dict
                  contains:
                    type:
                      description: ICMP type.
                      returned: always
                      type: int
                    code:
                      description: ICMP code.
                      returned: always
                      type: int
                    id:
                      description: Identifier of the query.
                      returned: always
                      type: int
                packets:
                  description: Packets so far; null if the kernel does not count them.
                  returned: always
                  type: int
                bytes:
                  description: Bytes so far; null if the kernel does not count them.
                  returned: always
                  type: int
            reply:
              description: "The replies as the peer sends them: if translated, from or to another address or port."
              returned: always
              type: dict
              contains:
                source_address:
                  description: Source address.
                  returned: always
                  type: str
                source_port:
                  description: Source port, or the key of GRE; null if there is none.
                  returned: always
                  type: int
                destination_address:
                  description: Destination address; null for replies in ip_masquerade, which does not show it.
                  returned: always
                  type: str
                destination_port:
                  description: Destination port, or the key of GRE; null if there is none.
                  returned: always
                  type: int
                icmp:
                  description: Type, code and identifier of ICMP, which has no ports; else null.
                  returned: always
                  type: dict
                  contains:
                    type:
                      description: ICMP type.
                      returned: always
                      type: int
                    code:
                      description: ICMP code.
                      returned: always
                      type: int
                    id:
                      description: Identifier of the query.
                      returned: always
                      type: int
                packets:
                  description: Packets so far; null if the kernel does not count them.
                  returned: always
                  type: int
                bytes:
                  description: Bytes so far; null if the kernel does not count them.
                  returned: always
                  type: int
            state:
              description: State in connection tracking; null for a protocol without states, and for offloaded flows in files.
              returned: always
              type: str
            expires_seconds:
              description: Time until the entry expires without another packet; null if offloaded.
              returned: always
              type: float
            status:
              description: >-
                Status flags, sorted; null from ip_masquerade. For offloaded flows, files show only that they are offloaded and whether there was a
                reply.
              returned: always
              type: list
              elements: str
            nat:
              description: Whose address or port is translated.
              returned: always
              type: str
            mark:
              description: Mark set by packet filter rules; null if the kernel keeps none.
              returned: always
              type: int
            zone:
              description: Tracking zone, 0 by default; null from ip_masquerade.
              returned: always
              type: int
            initial_sequence:
              description: "ip_masquerade: TCP sequence number from which delta applies; else null."
              returned: always
              type: int
            delta:
              description: "ip_masquerade: offset that is added to later TCP sequence numbers; else null."
              returned: always
              type: int
            previous_delta:
              description: "ip_masquerade: offset that applied before; null before Linux 2.2 and for other sources."
              returned: always
              type: int
            network_namespace:
              description: Where it was seen; null in a snapshot without names.
              returned: always
              type: dict
              contains:
                inode:
                  description: "Inode of the namespace in nsfs, the number in net:[N]."
                  returned: always
                  type: int
                name:
                  description: Name under /run/netns, null where it has none.
                  returned: always
                  type: str
            host:
              description: Name of the machine, as --host gives it; absent without that option.
              returned: when requested
              type: str
            captured_at:
              description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
              returned: when requested
              type: str
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
          contains:
            about:
              description: What may be missing or wrong, in the words of completeness.
              returned: always
              type: str
            text:
              description: Explanation for people; do not parse it.
              returned: always
              type: str
        covers:
          description: What was read completely, so that the absence of an entry is proof.
          returned: always
          type: dict
          contains:
            namespaces:
              description: all if every network namespace of the machine was read; absent if no other was requested.
              returned: when requested
              type: str
              sample: some
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
                - local_ports
                - masquerade
                - neighbours
                - nodes
                - routes
                - rules
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
              contains:
                pid:
                  description: Process id, as seen from the PID namespace of the capture.
                  returned: always
                  type: int
                uid:
                  description: Real user id of the process.
                  returned: always
                  type: int
                name:
                  description: Command name as the kernel keeps it (/proc/PID/comm).
                  returned: always
                  type: str
                command:
                  description: >-
                    Command line of the process (/proc/PID/cmdline): its first argument alone, all where arguments were asked for; empty for kernel
                    threads.
                  returned: always
                  type: list
                  elements: str
                context:
                  description: Security context of the process (/proc/PID/attr/current).
                  returned: when requested
                  type: str
                descriptors:
                  description: Numbers of the descriptors that are the socket, ascending; null where not recorded.
                  returned: when requested
                  type: list
                  elements: int
                executable:
                  description: "Path of the program as the kernel tells it, ending in ' (deleted)' if removed."
                  returned: when requested
                  type: str
                started_at:
                  description: When the process started, ISO 8601 UTC; exact to a second or two.
                  returned: when requested
                  type: str
                cgroup:
                  description: "Path of its control group: version 2's, or the one systemd keeps in version 1."
                  returned: when requested
                  type: str
                unit:
                  description: "Unit of the system's systemd; of a socket that process 1 holds, the socket unit if known."
                  returned: when requested
                  type: str
                user_unit:
                  description: "Unit of a user's systemd; null outside of one."
                  returned: when requested
                  type: str
                socket_unit:
                  description: Socket unit that this descriptor was passed on by (LISTEN_FDNAMES).
                  returned: when requested
                  type: str
                container:
                  description: Container it runs in; null outside of one, as far as paths tell.
                  returned: when requested
                  type: dict
                  contains:
                    id:
                      description: Id of the container, its name where the runtime uses names.
                      returned: always
                      type: str
                    runtime:
                      description: Container runtime; null where the path does not tell.
                      returned: always
                      type: str
                pod:
                  description: Id of the Kubernetes pod it runs in.
                  returned: when requested
                  type: str
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
          sample:
            blue:
              complete: true
              covers:
                families:
                  - ax25
                  - ddp
                  - inet
                  - inet6
                  - ipx
                  - netrom
                  - rose
                  - unix
                  - x25
                owners: all
                protocols:
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
                sockets: listening
                tables:
                  - sockets
                where: null
              families: {}
              incomplete_because: []
              listening:
                "tcp/8080":
                  addresses:
                    - "0.0.0.0"
                  families:
                    - inet
                  owner_seen: true
                  owners:
                    - cgroup: "/system.slice/docker-8f6c1d5e9a0b4c7d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9.scope"
                      command:
                        - "nginx: master process nginx -g daemon off;"
                      container:
                        id: "8f6c1d5e9a0b4c7d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9"
                        runtime: docker
                      descriptors:
                        - 6
                      executable: "/usr/sbin/nginx"
                      name: nginx
                      pid: 1204
                      pod: null
                      socket_unit: null
                      started_at: "2026-11-21T10:17:44Z"
                      uid: 0
                      unit: docker-8f6c1d5e9a0b4c7d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9.scope
                      user_unit: null
                  pids:
                    - 1204
                  processes:
                    - nginx
                  reachable:
                    - inet
                  uids:
                    - 0
                  users:
                    - root
                  v6_only: null
              network_namespace:
                inode: 4026532746
                name: blue
              totals:
                tcp:
                  LISTEN: 1
              unix_listening: {}
          contains:
            listening:
              description: As RV(ansible_facts.netstat.listening).
              returned: when requested
              type: dict
            unix_listening:
              description: As RV(ansible_facts.netstat.unix_listening).
              returned: when requested
              type: dict
            totals:
              description: As RV(ansible_facts.netstat.totals).
              returned: when requested
              type: dict
            interfaces:
              description: As RV(ansible_facts.netstat.interfaces).
              returned: when requested
              type: dict
            groups:
              description: As RV(ansible_facts.netstat.groups).
              returned: when requested
              type: dict
            statistics:
              description: As RV(ansible_facts.netstat.statistics).
              returned: when requested
              type: dict
            local_ports:
              description: As RV(ansible_facts.netstat.local_ports).
              returned: when requested
              type: dict
            default_route:
              description: As RV(ansible_facts.netstat.default_route).
              returned: when requested
              type: dict
            default_route_depends:
              description: As RV(ansible_facts.netstat.default_route_depends).
              returned: when requested
              type: dict
            rules:
              description: As RV(ansible_facts.netstat.rules).
              returned: when requested
              type: list
              elements: dict
            routes:
              description: As RV(ansible_facts.netstat.routes).
              returned: when requested
              type: list
              elements: dict
            neighbours:
              description: As RV(ansible_facts.netstat.neighbours).
              returned: when requested
              type: list
              elements: dict
            masquerade:
              description: As RV(ansible_facts.netstat.masquerade).
              returned: when requested
              type: list
              elements: dict
            families:
              description: As RV(ansible_facts.netstat.families).
              returned: when requested
              type: dict
            network_namespace:
              description: As RV(ansible_facts.netstat.network_namespace).
              returned: when requested
              type: dict
            complete:
              description: As RV(ansible_facts.netstat.complete).
              returned: when requested
              type: bool
            incomplete_because:
              description: As RV(ansible_facts.netstat.incomplete_because).
              returned: when requested
              type: list
              elements: dict
            covers:
              description: As RV(ansible_facts.netstat.covers).
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
netstat:
  description: The network of the host, with the same keys as C(ansible_facts.netstat). With O(compat) its lists stand beside it.
  returned: when O(set_fact=false)
  type: dict
sockets:
  description: Records of all sockets, with the fields of JSON output; here those of Internet sockets.
  returned: when O(sockets=all)
  type: list
  elements: dict
  contains:
    kind:
      description: What this record describes.
      returned: always
      type: str
    family:
      description: Address family of the socket.
      returned: always
      type: str
    protocol:
      description: Protocol; the same word for both families.
      returned: always
      type: str
    state:
      description: >-
        State of the connection; BOUND_INACTIVE has a tcp socket that is bound and neither listens nor connects (over netlink since Linux 6.8).
      returned: always
      type: str
    listening:
      description: Accepts connections (tcp, endpoints of sctp) or datagrams from anywhere.
      returned: always
      type: bool
    recv_queue:
      description: Bytes received, not yet read; connections that wait for accept() if tcp or sctp listens.
      returned: always
      type: int
    send_queue:
      description: Bytes sent or to be sent, not yet acknowledged.
      returned: always
      type: int
    uid:
      description: "User id of the socket's owner."
      returned: always
      type: int
    inode:
      description: Inode number of the socket; null where the kernel keeps none.
      returned: always
      type: int
    local_address:
      description: Local address; for SCTP the first one.
      returned: always
      type: str
    local_port:
      description: Local port; 0 for any; null for raw and icmp sockets.
      returned: always
      type: int
    remote_address:
      description: Remote address; unspecified if not connected.
      returned: always
      type: str
    remote_port:
      description: Remote port; 0 if not connected.
      returned: always
      type: int
    state_number:
      description: "The kernel's number of the state."
      returned: always
      type: int
    backlog:
      description: Most connections that may wait for accept(); null unless listening.
      returned: always
      type: int
    timer:
      description: "The running timer of a socket: columns tr, tm->when, retrnsmt and timeout of /proc/net/tcp."
      returned: always
      type: dict
      contains:
        kind:
          description: What the timer is for.
          returned: always
          type: str
        expires_seconds:
          description: Time until the timer fires; null if it is off.
          returned: always
          type: float
        retransmits:
          description: Unanswered retransmissions so far.
          returned: always
          type: int
        probes:
          description: Unanswered keepalive or zero-window probes so far.
          returned: always
          type: int
    v4_mapped:
      description: IPv6 socket with an IPv4-mapped address, which the record shows as the IPv4 address.
      returned: always
      type: bool
    v6_only:
      description: "IPV6_V6ONLY is set: no IPv4; null if unknown or not IPv6."
      returned: always
      type: bool
    interface:
      description: Device it is bound to, if7 if none has its number 7; null if it is bound to none, and from /proc.
      returned: always
      type: str
    drops:
      description: Packets dropped since the socket was created.
      returned: always
      type: int
    local_addresses:
      description: "sctp: all local addresses, in the order of the kernel."
      returned: always
      type: list
      elements: str
    remote_addresses:
      description: "sctp: all remote addresses, in the order of the kernel; null for an endpoint."
      returned: always
      type: list
      elements: str
    socket_state:
      description: "sctp: state of the socket."
      returned: always
      type: str
    association_id:
      description: "sctp: the kernel's number of the association."
      returned: always
      type: int
    ip_protocol:
      description: "raw: number of the IP protocol."
      returned: always
      type: int
    icmp_id:
      description: "icmp: identifier of the echo requests."
      returned: always
      type: int
    tcp_info:
      description: >-
        tcp: what the kernel knows of the connection; null if not asked for, not read over netlink, and in the states SYN_RECV and TIME_WAIT.
      returned: always
      type: dict
      contains:
        congestion_algorithm:
          description: Congestion control algorithm (INET_DIAG_CONG); null if the kernel or the capture names none.
          returned: always
          type: str
        congestion_state:
          description: State of congestion control (tcpi_ca_state).
          returned: always
          type: str
        congestion_window_segments:
          description: Congestion window (tcpi_snd_cwnd).
          returned: always
          type: int
        slow_start_threshold_segments:
          description: Slow start threshold (tcpi_snd_ssthresh); null if it is infinite, as before any loss.
          returned: always
          type: int
        reordering_segments:
          description: Distance of reordering that is not taken for a loss (tcpi_reordering).
          returned: always
          type: int
        rtt_seconds:
          description: Smoothed round-trip time (tcpi_rtt); null before it is measured.
          returned: always
          type: float
        rtt_variation_seconds:
          description: Mean deviation of the round-trip time (tcpi_rttvar); null before it is measured.
          returned: always
          type: float
        min_rtt_seconds:
          description: Least round-trip time of late (tcpi_min_rtt); null before it is measured, null before Linux 4.6.
          returned: always
          type: float
        receive_rtt_seconds:
          description: Round-trip time as the receiver estimates it (tcpi_rcv_rtt); null without an estimate.
          returned: always
          type: float
        rto_seconds:
          description: Retransmission timeout (tcpi_rto).
          returned: always
          type: float
        ato_seconds:
          description: Timeout of delayed ACKs (tcpi_ato); null without an estimate.
          returned: always
          type: float
        backoff:
          description: Times that the timeout was doubled (tcpi_backoff).
          returned: always
          type: int
        unacknowledged_segments:
          description: Segments sent and not acknowledged, retransmissions not counted (tcpi_unacked).
          returned: always
          type: int
        sacked_segments:
          description: Of these, acknowledged selectively (tcpi_sacked).
          returned: always
          type: int
        lost_segments:
          description: Of these, taken for lost (tcpi_lost).
          returned: always
          type: int
        retransmits_in_flight_segments:
          description: Retransmissions not acknowledged yet (tcpi_retrans).
          returned: always
          type: int
        retransmitted_segments:
          description: All retransmissions so far (tcpi_total_retrans).
          returned: always
          type: int
        delivered_segments:
          description: Data segments that the peer acknowledged (tcpi_delivered); null before Linux 4.18.
          returned: always
          type: int
        ce_delivered_segments:
          description: Of these, acknowledged with an echo of ECN congestion (tcpi_delivered_ce); null before Linux 4.18.
          returned: always
          type: int
        dsacked_segments:
          description: Segments that the peer reported as duplicates (tcpi_dsack_dups); null before Linux 4.19.
          returned: always
          type: int
        reordering_events:
          description: Times that reordering was seen (tcpi_reord_seen); null before Linux 4.19.
          returned: always
          type: int
        out_of_order_segments:
          description: Segments received out of order (tcpi_rcv_ooopack); null before Linux 5.4.
          returned: always
          type: int
        sent_segments:
          description: Segments sent (tcpi_segs_out); null before Linux 4.2.
          returned: always
          type: int
        received_segments:
          description: Segments received (tcpi_segs_in); null before Linux 4.2.
          returned: always
          type: int
        sent_data_segments:
          description: Segments sent with data (tcpi_data_segs_out); null before Linux 4.6.
          returned: always
          type: int
        received_data_segments:
          description: Segments received with data (tcpi_data_segs_in); null before Linux 4.6.
          returned: always
          type: int
        sent_bytes:
          description: Bytes sent, with retransmissions (tcpi_bytes_sent); null before Linux 4.19.
          returned: always
          type: int
        acknowledged_bytes:
          description: Bytes sent that the peer acknowledged (tcpi_bytes_acked); null before Linux 4.1.
          returned: always
          type: int
        retransmitted_bytes:
          description: Bytes sent again (tcpi_bytes_retrans); null before Linux 4.19.
          returned: always
          type: int
        received_bytes:
          description: Bytes received in order (tcpi_bytes_received); null before Linux 4.1.
          returned: always
          type: int
        unsent_bytes:
          description: Bytes written, not yet sent (tcpi_notsent_bytes); null before Linux 4.6.
          returned: always
          type: int
        pacing_bytes_per_second:
          description: Rate at which packets are paced (tcpi_pacing_rate); null if unlimited, null before Linux 3.15.
          returned: always
          type: int
        max_pacing_bytes_per_second:
          description: Largest rate of pacing, SO_MAX_PACING_RATE (tcpi_max_pacing_rate); null if unlimited, null before Linux 3.15.
          returned: always
          type: int
        delivery_bytes_per_second:
          description: Rate of delivery (tcpi_delivery_rate); null before it is measured, null before Linux 4.9.
          returned: always
          type: int
        app_limited:
          description: The rate of delivery was limited by what the application sent (tcpi_delivery_rate_app_limited); null before Linux 4.9.
          returned: always
          type: bool
        send_mss_bytes:
          description: Segment size in use for sending (tcpi_snd_mss).
          returned: always
          type: int
        receive_mss_bytes:
          description: Segment size of the peer, as estimated (tcpi_rcv_mss).
          returned: always
          type: int
        advertised_mss_bytes:
          description: Segment size advertised to the peer (tcpi_advmss).
          returned: always
          type: int
        path_mtu_bytes:
          description: MTU of the path (tcpi_pmtu); null if unknown.
          returned: always
          type: int
        send_window_bytes:
          description: Receive window that the peer advertised, scaled (tcpi_snd_wnd); null before Linux 5.4.
          returned: always
          type: int
        receive_window_bytes:
          description: Receive window advertised to the peer, scaled (tcpi_rcv_wnd); null before Linux 6.2.
          returned: always
          type: int
        receive_window_limit_bytes:
          description: Largest receive window that is advertised for now (tcpi_rcv_ssthresh).
          returned: always
          type: int
        receive_space_bytes:
          description: Bytes that the application reads in a round-trip time, as estimated (tcpi_rcv_space).
          returned: always
          type: int
        send_window_scale:
          description: "Shift of the peer's window (tcpi_snd_wscale); null without scaling."
          returned: always
          type: int
        receive_window_scale:
          description: Shift of the own window (tcpi_rcv_wscale); null without scaling.
          returned: always
          type: int
        timestamps:
          description: Timestamps are in use (TCPI_OPT_TIMESTAMPS of tcpi_options).
          returned: always
          type: bool
        microsecond_timestamps:
          description: Timestamps count microseconds (TCPI_OPT_USEC_TS, since Linux 6.7).
          returned: always
          type: bool
        sack:
          description: Selective acknowledgements are in use (TCPI_OPT_SACK).
          returned: always
          type: bool
        ecn:
          description: Explicit congestion notification was negotiated (TCPI_OPT_ECN).
          returned: always
          type: bool
        ecn_seen:
          description: A packet capable of ECN was received (TCPI_OPT_ECN_SEEN, since Linux 3.1).
          returned: always
          type: bool
        syn_data_acknowledged:
          description: "Data in the SYN was acknowledged: TCP Fast Open (TCPI_OPT_SYN_DATA, since Linux 3.7)."
          returned: always
          type: bool
        fastopen_failure:
          description: Why TCP Fast Open failed for this client (tcpi_fastopen_client_fail, since Linux 5.5); else null.
          returned: always
          type: str
        since_data_sent_seconds:
          description: Time since data was sent, or since the connection was made (tcpi_last_data_sent); null before that.
          returned: always
          type: float
        since_data_received_seconds:
          description: Time since data was received, or since the connection was made (tcpi_last_data_recv); null before that.
          returned: always
          type: float
        since_ack_received_seconds:
          description: Time since the last ACK was received (tcpi_last_ack_recv); null before the first one.
          returned: always
          type: float
        busy_seconds:
          description: Time with data to send (tcpi_busy_time); null before Linux 4.10.
          returned: always
          type: float
        receive_window_limited_seconds:
          description: "Of it, limited by the peer's receive window (tcpi_rwnd_limited); null before Linux 4.10."
          returned: always
          type: float
        send_buffer_limited_seconds:
          description: Of it, limited by the own send buffer (tcpi_sndbuf_limited); null before Linux 4.10.
          returned: always
          type: float
        timeouts:
          description: Retransmission timeouts, those of SYN too (tcpi_total_rto); null before Linux 6.7.
          returned: always
          type: int
        timeout_recoveries:
          description: Recoveries from timeouts (tcpi_total_rto_recoveries); null before Linux 6.7.
          returned: always
          type: int
        timeout_recovery_seconds:
          description: Time spent in these recoveries (tcpi_total_rto_time); null before Linux 6.7.
          returned: always
          type: float
        rehashes:
          description: Times that another path was tried after timeouts (tcpi_rehash); null before Linux 6.2.
          returned: always
          type: int
    sctp:
      description: "sctp: what the kernel knows besides; null for other protocols."
      returned: always
      type: dict
      contains:
        inbound_streams:
          description: Streams of the peer; null for an endpoint.
          returned: always
          type: int
        outbound_streams:
          description: Streams to the peer; null for an endpoint.
          returned: always
          type: int
        send_window_bytes:
          description: Receive window of the peer (sctpi_peer_rwnd); null for an endpoint and from /proc.
          returned: always
          type: int
        receive_window_bytes:
          description: Receive window told the peer (sctpi_rwnd); null for an endpoint and from /proc.
          returned: always
          type: int
        receive_buffer_bytes:
          description: Limit of received data (SK_MEMINFO_RCVBUF); null where the kernel does not tell it.
          returned: always
          type: int
        paths:
          description: Addresses of the peer in the order of remote_addresses; null for an endpoint.
          returned: always
          type: list
          elements: dict
          contains:
            address:
              description: Address of the peer.
              returned: always
              type: str
            state:
              description: Whether the peer answers there; null if it was not read, as over netlink without /proc/net/sctp/remaddr.
              returned: always
              type: str
            primary:
              description: Whether data goes there unless it fails; null if the kernel or the capture does not tell.
              returned: always
              type: bool
    send_window_bytes:
      description: "tcp: bytes the peer takes (tcpi_snd_wnd, since Linux 5.4); null if not asked for, as tcp_info is."
      returned: always
      type: int
    receive_window_bytes:
      description: "tcp: bytes offered to the peer (tcpi_rcv_wnd, since Linux 6.2); null if not asked for, as tcp_info is."
      returned: always
      type: int
    receive_window_limit_bytes:
      description: "tcp: most bytes offered for now (tcpi_rcv_ssthresh); null if not asked for, as tcp_info is."
      returned: always
      type: int
    receive_buffer_bytes:
      description: "tcp: limit of what waits to be read (SK_MEMINFO_RCVBUF); null if not asked for."
      returned: always
      type: int
    network_namespace:
      description: Where it was seen; null in a snapshot without names.
      returned: always
      type: dict
      contains:
        inode:
          description: "Inode of the namespace in nsfs, the number in net:[N]."
          returned: always
          type: int
        name:
          description: Name under /run/netns, null where it has none.
          returned: always
          type: str
    processes:
      description: >-
        Processes that hold the socket; null if not asked for or not known, empty if every process could be seen and none holds it: it is the
        kernel's, or has no inode and belongs to none yet or any longer.
      returned: always
      type: list
      elements: dict
      contains:
        pid:
          description: Process id, as seen from the PID namespace of the capture.
          returned: always
          type: int
        uid:
          description: Real user id of the process.
          returned: always
          type: int
        name:
          description: Command name as the kernel keeps it (/proc/PID/comm).
          returned: always
          type: str
        command:
          description: >-
            Command line of the process (/proc/PID/cmdline): its first argument alone, all where arguments were asked for; empty for kernel threads.
          returned: always
          type: list
          elements: str
        context:
          description: Security context of the process (/proc/PID/attr/current).
          returned: when requested
          type: str
        descriptors:
          description: Numbers of the descriptors that are the socket, ascending; null where not recorded.
          returned: when requested
          type: list
          elements: int
        executable:
          description: "Path of the program as the kernel tells it, ending in ' (deleted)' if removed."
          returned: when requested
          type: str
        started_at:
          description: When the process started, ISO 8601 UTC; exact to a second or two.
          returned: when requested
          type: str
        cgroup:
          description: "Path of its control group: version 2's, or the one systemd keeps in version 1."
          returned: when requested
          type: str
        unit:
          description: "Unit of the system's systemd; of a socket that process 1 holds, the socket unit if known."
          returned: when requested
          type: str
        user_unit:
          description: "Unit of a user's systemd; null outside of one."
          returned: when requested
          type: str
        socket_unit:
          description: Socket unit that this descriptor was passed on by (LISTEN_FDNAMES).
          returned: when requested
          type: str
        container:
          description: Container it runs in; null outside of one, as far as paths tell.
          returned: when requested
          type: dict
          contains:
            id:
              description: Id of the container, its name where the runtime uses names.
              returned: always
              type: str
            runtime:
              description: Container runtime; null where the path does not tell.
              returned: always
              type: str
        pod:
          description: Id of the Kubernetes pod it runs in.
          returned: when requested
          type: str
    host:
      description: Name of the machine, as --host gives it; absent without that option.
      returned: when requested
      type: str
    captured_at:
      description: Time of reading, ISO 8601 UTC, null where a copy does not tell; absent without --host.
      returned: when requested
      type: str
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
