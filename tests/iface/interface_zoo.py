"""Every kind of interface this kernel can make, with the addresses, names and flags that netstat -i tells apart."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from namespaces import NetworkNamespace

ALWAYS = """
link set lo up
link add veth10 type veth peer name veth2
link set veth2 mtu 9000 up
link set veth10 up
addr add 10.1.0.1/24 brd 10.1.0.255 dev veth2
addr add 10.1.1.1/24 brd + dev veth2 label veth2:1
addr add 10.1.2.1/24 brd + dev veth2 label veth2:10
addr add 10.1.3.1/20 dev veth2 label veth2:b
addr add 10.1.1.3/24 brd + dev veth2
addr add 10.7.0.1/8 dev veth10 label veth10:0
addr add 127.0.0.2/8 dev lo label lo:1
addr add 2001:db8:5::1/64 dev veth2 nodad
addr add 2001:db8:5::2/64 dev veth2 nodad
addr add 2001:db8:5::3/64 dev veth2 nodad
addr add 2001:db8:9::1 peer 2001:db8:9::2/128 dev veth2 nodad
addr add ::1.2.3.4/96 dev veth2 nodad
addr add fec0::5/64 dev veth2 nodad
link add downif type veth peer name abcdefghijklmno
link set abcdefghijklmno promisc on allmulticast on up
addr add 10.8.0.1/24 dev abcdefghijklmno
link set veth10 alias "behind the rack"
"""
"""Commands of ip that every kernel with network namespaces takes."""

KINDS = """
link add br0 type bridge
link set downif master br0
link set br0 up
tuntap add dev tun0 mode tun
addr add 10.9.0.1 peer 10.9.0.2 dev tun0
link set tun0 up
tuntap add dev tap0 mode tap
link add ifb0 type ifb
link add mv0 link veth10 type macvlan
link property add dev mv0 altname a-name-longer-than-fifteen
link add vx0 type vxlan id 7 remote 10.1.0.2 dstport 4789
link add dum0 type dummy
link add bond0 type bond
link set dum0 master bond0
link add veth10.7 link veth10 type vlan id 7
link add gre1 type gre remote 10.0.0.9 local 10.0.0.8
link add sit1 type sit remote 10.0.0.9
link add ip6tnl1 type ip6tnl remote fd00::1
link add wg0 type wireguard
link add vcan0 type vcan
link add ipvl0 link veth10 type ipvlan
"""
"""Commands that a kernel may refuse for want of the kind."""


def fill(inside: NetworkNamespace) -> None:
    """Make the interfaces inside, and see that sysfs shows them."""
    for script, needed in ((ALWAYS, ["-batch", "-"]), (KINDS, ["-force", "-batch", "-"])):
        command = inside.enter(["ip", *needed])
        finished = subprocess.run(command, input=script.encode(), capture_output=True, check=False)
        if script is ALWAYS and finished.returncode:
            raise RuntimeError(finished.stderr.decode())
    mounted = inside.run(["mount", "-t", "sysfs", "sysfs", "/sys"])
    if mounted.returncode:
        raise RuntimeError(mounted.stderr.decode())
