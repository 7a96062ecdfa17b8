# Fills the network namespace it runs in with every kind of route that `ip` can make on a plain kernel.
# What this kernel lacks is passed over.
ip link set lo up
ip link add v0 type veth peer name v1
ip link add v2 type veth peer name v3
for one in v0 v1 v2; do ip link set "$one" up; done
ip addr add 192.168.1.2/24 dev v0
ip addr add 10.0.0.1/8 dev v1
ip addr add 172.30.0.1/16 dev v2
ip -6 addr add 2001:db8:1::2/64 dev v0 nodad
ip -6 addr add 2001:db8:9::1/64 dev v0 nodad valid_lft 600 preferred_lft 300

ip nexthop add id 1 via 192.168.1.50 dev v0
ip nexthop add id 2 via 10.1.1.60 dev v1
ip nexthop add id 3 blackhole
ip nexthop add id 4 via fe80::4 dev v0
ip nexthop add id 5 dev v0
ip nexthop add id 6 via fe80::6 dev v1
ip nexthop add id 10 group 1,2/2,7
ip nexthop add id 11 group 4/6

ip -force -4 -batch - <<'ROUTES'
route add default via 192.168.1.1
route add default via 192.168.1.3 metric 4294967295
route add default via 10.1.1.1 table 100
route add default via 10.1.1.1 table 100000
route add default dev v0 table default
route add blackhole 192.0.2.128/25
route add unreachable 192.0.2.0/24
route add prohibit 198.18.0.0/15
route add throw 198.19.1.0/24
route add unreachable 198.51.100.1 metric 77
route add broadcast 10.77.0.0/16 dev v0
route add multicast 224.5.0.0/16 dev v0
route add local 10.88.0.0/16 dev lo table main
route add anycast 10.90.0.0/16 dev v0
route add 10.20.0.0/16 nexthop via 10.1.1.2 dev v1 weight 1 nexthop via 192.168.1.9 dev v0 weight 3
route add 10.21.0.0/16 nexthop via 10.1.1.2 dev v1 weight 256 onlink nexthop via inet6 fe80::9 dev v0
route add 10.30.0.0/16 via inet6 fe80::1 dev v0
route add 10.40.0.0/16 via 9.9.9.9 dev v0 onlink
route add 10.41.0.0/16 via 172.30.0.9 dev v2
route add 10.50.0.0/16 via 10.1.1.3 advmss 1360 window 8192 rtt 300ms rttvar 50ms mtu lock 1400 hoplimit 7 initcwnd 10
route add 10.51.0.0/16 via 10.1.1.3 initrwnd 20 rto_min 5ms quickack 1 reordering 5 ssthresh 9 cwnd lock 6 congctl cubic
route add 10.52.0.0/16 via 10.1.1.3 tos 0x10
route add 10.52.0.0/16 via 10.1.1.4
route add 10.53.0.0/16 via 10.1.1.3 realm 3/4
route add 10.54.0.0/16 dev v0 scope link src 10.0.0.1 proto bird metric 20
route add 10.55.0.0/16 dev v0 scope site proto 77
route add 10.56.0.0/16 dev v0 proto 186 scope 17
route add 10.57.0.0/16 via 10.1.1.3 fastopen_no_cookie 1 features ecn
route add 203.0.113.129 dev v0
route add 203.0.113.130 via 192.168.1.1
route add 10.61.0.0/16 encap ip id 7 dst 1.1.1.1 via 192.168.1.1
route add 10.70.0.0/16 nhid 1
route add 10.71.0.0/16 nhid 10
route add 10.72.0.0/16 nhid 3
route add 10.73.0.0/16 nhid 4
route add 10.74.0.0/16 nhid 5
route add 10.75.0.0/16 nhid 11
ROUTES

ip -force -6 -batch - <<'ROUTES'
route add default via fe80::1 dev v0
route add default via fe80::7 dev v0 metric 20 pref high
route add default via fe80::7 dev v0 metric 2048 pref low proto ra
route add 2001:db8:2::/48 via 2001:db8:1::1
route add 2001:db8:3::1 dev v1 metric 5 expires 600
route add 2001:db8:4::/64 nexthop via fe80::2 dev v0 nexthop via fe80::3 dev v1 weight 2
route add blackhole 2001:db8:5::/64
route add unreachable 2001:db8:6::/64
route add prohibit 2001:db8:7::/64
route add throw 2001:db8:8::/64
route add local 2001:db8:a::/64 dev lo
route add anycast 2001:db8:b::/64 dev v0
route add multicast ff05::/16 dev v0 table main
route add 2001:db8:c::/48 from 2001:db8:1::/64 via fe80::1 dev v0
route add 2001:db8:d::/48 via fe80::1 dev v0 table 99
route add 2001:db8:e::/48 via fe80::1 dev v0 mtu 1300 advmss 1200 hoplimit 9 rtt 80 window 99
route add 2001:db8:f::/48 via fe80::1 dev v0 src 2001:db8:1::2
route add ::ffff:1.2.3.0/120 dev v0
route add ::1.2.3.4 dev v0
route add 2001:db8:10::/48 encap ip6 id 5 dst 2001::1 dev v0
route add 2001:db8:11::/48 encap seg6 mode encap segs 2001:db8::1 dev v0
route add 2001:db8:12::/48 dev v2
route add 2001:db8:13::/48 via fe80::1 dev v0 onlink
route add 2001:db8:14::/48 via fe80::1 dev v0 metric 4294967295
route add 2001:db8:70::/48 nhid 4
route add 2001:db8:71::/48 nhid 11
ROUTES

ip neigh add 192.168.1.9 lladdr 02:00:00:00:00:09 dev v0
ip neigh add 192.168.1.10 lladdr 02:00:00:00:00:0a dev v0 nud reachable
ip neigh add 192.168.1.11 lladdr 02:00:00:00:00:0b dev v0 nud stale
ip neigh add 192.168.1.12 lladdr 02:00:00:00:00:0c dev v0 nud noarp
ip neigh add 192.168.1.13 lladdr 02:00:00:00:00:0d dev v0 extern_learn
ip neigh add 192.168.1.15 lladdr 02:00:00:00:00:0f dev v0 protocol static
ip neigh add 2001:db8:1::9 lladdr 02:00:00:00:00:09 dev v0 router
ip neigh add 2001:db8:1::a lladdr 02:00:00:00:00:0a dev v0 nud stale
ip neigh add proxy 10.5.5.5 dev v0
ip neigh add proxy 10.5.5.6 dev v1
ip neigh add proxy 2001:db8::55 dev v0
true
