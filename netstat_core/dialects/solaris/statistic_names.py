"""The counters of ``-s`` in SunOS's order, and where Linux has each.

A source is ``SECTION.NAME`` of a statistics record, a sum of several with ``+``, or ``name`` of a setting behind ``=``;
None where Linux has no such counter. ``*`` in the name of a setting stands for the interface, or for ``all``.
"""

from __future__ import annotations

from typing import NamedTuple


class Counter(NamedTuple):
    """One counter: its name on SunOS and its source. ``is_level`` ones are shown as they are in later reports too.

    ``ends_line`` breaks the line behind it. ``is_sum_only`` ones are not shown for a single interface. ``is_near`` ones
    count something near to what SunOS counts; docs/solaris.md names the difference.
    """

    name: str
    source: str | None = None
    is_level: bool = False
    ends_line: bool = False
    is_sum_only: bool = False
    is_near: bool = False


class Block(NamedTuple):
    """The counters of one protocol: the title, the families and words of -P it is shown for, and its counters."""

    title: str
    families: frozenset[str]
    protocol: str
    counters: tuple[Counter, ...]
    by_interface: bool = False


_LEVELS = frozenset(
    {"ipForwarding", "ipDefaultTTL", "ipReasmTimeout", "ipv6Forwarding", "ipv6DefaultHopLimit"}
    | {"tcpRtoAlgorithm", "tcpRtoMin", "tcpRtoMax", "tcpMaxConn", "tcpCurrEstab"}
    | {"sctpRtoAlgorithm", "sctpRtoMin", "sctpRtoMax", "sctpRtoInitial"}
    | {"sctpMaxAssocs", "sctpValCookieLife", "sctpMaxInitRetr", "sctpCurrEstab"}
)
_LINE_ENDS = frozenset({"tcpInSegs", "icmp6InOverflows"})
_SUMS_ONLY = frozenset({"udpInCksumErrs", "udpInOverflows"})


def _parse(prefix: str, section: str, text: str) -> tuple[Counter, ...]:
    """Return the counters of a table: a word for each, ``-`` before those without a source, ``NAME<SOURCE`` for others.

    A word alone has the source of the same name in ``section``; ``~`` stands before those whose source is near.
    ``prefix`` stands before names that have no ``/``.
    """
    counters = []
    for word in text.split():
        name, _, source = word.lstrip("-~").partition("<")
        full = name[1:] if name.startswith("/") else prefix + name
        found = None if word.startswith("-") else source or f"{section}{name}"
        is_near = word.startswith("~")
        counters.append(Counter(full, found, full in _LEVELS, full in _LINE_ENDS, full in _SUMS_ONLY, is_near))
    return tuple(counters)


_TCP = """
RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab OutSegs
~OutDataSegs<TcpExt.TCPOrigDataSent -OutDataBytes RetransSegs -RetransBytes -OutAck OutAckDelayed<TcpExt.DelayedACKs
-OutUrg -OutWinUpdate OutWinProbe<TcpExt.TCPWinProbe -OutControl OutRsts ~OutFastRetrans<TcpExt.TCPFastRetrans InSegs
~InAckSegs<TcpExt.TCPPureAcks+TcpExt.TCPHPAcks -InAckBytes -InDupAck -InAckUnsent -InInorderSegs -InInorderBytes
~InUnorderSegs<TcpExt.TCPOFOQueue -InUnorderBytes -InDupSegs -InDupBytes -InPartDupSegs -InPartDupBytes
~InPastWinSegs<TcpExt.BeyondWindow -InPastWinBytes -InWinProbe -InWinUpdate -InClosed -RttNoUpdate -RttUpdate
TimRetrans<TcpExt.TCPTimeouts ~TimRetransDrop<TcpExt.TCPAbortOnTimeout -TimKeepalive
TimKeepaliveProbe<TcpExt.TCPKeepAlive -TimKeepaliveDrop ListenDrop<TcpExt.ListenOverflows
ListenDropQ0<TcpExt.TCPReqQFullDrop -HalfOpenDrop -OutSackRetrans
"""

_IP = """
Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors InCksumErrs<IpExt.InCsumErrors ForwDatagrams -ForwProhibits
InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout<=net.ipv4.ipfrag_time
ReasmReqds ReasmOKs ReasmFails -ReasmDuplicates ~ReasmPartDups<IpExt.ReasmOverlaps FragOKs FragFails FragCreates
-RoutingDiscards /tcpInErrs<Tcp.InErrs /udpNoPorts<Udp.NoPorts /udpInCksumErrs<Udp.InCsumErrors
/udpInOverflows<Udp.RcvbufErrors -/rawipInOverflows -/ipsecInSucceeded ~/ipsecInFailed<xfrm_stat.XfrmIn*
-InIPv6 -OutIPv6 -OutSwitchIPv6
"""

_ICMP = """
InMsgs InErrors InCksumErrs<Icmp.InCsumErrors ~InUnknowns<IcmpMsg.InType* InDestUnreachs InTimeExcds InParmProbs
InSrcQuenchs InRedirects -InBadRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps
-InFragNeeded OutMsgs ~OutDrops<Icmp.OutRateLimitGlobal+Icmp.OutRateLimitHost OutErrors OutDestUnreachs OutTimeExcds
OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps
-OutFragNeeded -InOverflows
"""

_IP6 = """
Forwarding<=net.ipv6.conf.*.forwarding DefaultHopLimit<=net.ipv6.conf.*.hop_limit InReceives InHdrErrors InTooBigErrors
InNoRoutes InAddrErrors InUnknownProtos InTruncatedPkts InDiscards InDelivers OutForwDatagrams OutRequests OutDiscards
OutNoRoutes OutFragOKs<Ip6.Ip6FragOKs OutFragFails<Ip6.Ip6FragFails OutFragCreates<Ip6.Ip6FragCreates
ReasmReqds ReasmOKs ReasmFails InMcastPkts OutMcastPkts -ReasmDuplicates -ReasmPartDups -ForwProhibits
/udpInCksumErrs<Udp6.Udp6InCsumErrors /udpInOverflows<Udp6.Udp6RcvbufErrors -/rawipInOverflows -InIPv4 -OutIPv4
-OutSwitchIPv4
"""

_ICMP6 = """
InMsgs InErrors InDestUnreachs -InAdminProhibs InTimeExcds InParmProblems InPktTooBigs InEchos InEchoReplies
InRouterSols<Icmp6.Icmp6InRouterSolicits InRouterAds<Icmp6.Icmp6InRouterAdvertisements
InNeighborSols<Icmp6.Icmp6InNeighborSolicits InNeighborAds<Icmp6.Icmp6InNeighborAdvertisements
InRedirects -InBadRedirects InGroupQueries<Icmp6.Icmp6InGroupMembQueries
~InGroupResps<Icmp6.Icmp6InGroupMembResponses+Icmp6.Icmp6InMLDv2Reports
InGroupReds<Icmp6.Icmp6InGroupMembReductions -InOverflows
OutMsgs OutErrors OutDestUnreachs -OutAdminProhibs OutTimeExcds OutParmProblems OutPktTooBigs OutEchos OutEchoReplies
OutRouterSols<Icmp6.Icmp6OutRouterSolicits OutRouterAds<Icmp6.Icmp6OutRouterAdvertisements
OutNeighborSols<Icmp6.Icmp6OutNeighborSolicits OutNeighborAds<Icmp6.Icmp6OutNeighborAdvertisements OutRedirects
OutGroupQueries<Icmp6.Icmp6OutGroupMembQueries
~OutGroupResps<Icmp6.Icmp6OutGroupMembResponses+Icmp6.Icmp6OutMLDv2Reports
OutGroupReds<Icmp6.Icmp6OutGroupMembReductions
"""

_SCTP = """
RtoAlgorithm<=net.sctp.rto_algorithm RtoMin<=net.sctp.rto_min RtoMax<=net.sctp.rto_max RtoInitial<=net.sctp.rto_initial
MaxAssocs<=-1 ValCookieLife<=net.sctp.valid_cookie_life MaxInitRetr<=net.sctp.max_init_retransmits
CurrEstab<Sctp.SctpCurrEstab ActiveEstab<Sctp.SctpActiveEstabs PassiveEstab<Sctp.SctpPassiveEstabs
Aborted<Sctp.SctpAborteds Shutdowns<Sctp.SctpShutdowns OutOfBlue<Sctp.SctpOutOfBlues
ChecksumError<Sctp.SctpChecksumErrors OutCtrlChunks<Sctp.SctpOutCtrlChunks OutOrderChunks<Sctp.SctpOutOrderChunks
OutUnorderChunks<Sctp.SctpOutUnorderChunks
~RetransChunks<Sctp.SctpT3Retransmits+Sctp.SctpPmtudRetransmits+Sctp.SctpFastRetransmits -OutAck
~OutAckDelayed<Sctp.SctpDelaySackExpireds -OutWinUpdate OutFastRetrans<Sctp.SctpFastRetransmits -OutWinProbe
InCtrlChunks<Sctp.SctpInCtrlChunks InOrderChunks<Sctp.SctpInOrderChunks InUnorderChunks<Sctp.SctpInUnorderChunks
-InAck -InDupAck -InAckUnsent FragUsrMsgs<Sctp.SctpFragUsrMsgs ReasmUsrMsgs<Sctp.SctpReasmUsrMsgs
OutSCTPPkts<Sctp.SctpOutSCTPPacks InSCTPPkts<Sctp.SctpInSCTPPacks -InInvalidCookie ~TimRetrans<Sctp.SctpT3RtxExpireds
-TimRetransDrop -TimHearBeatProbe -TimHearBeatDrop -ListenDrop -InClosed
"""

_BOTH = frozenset({"inet", "inet6"})
_INET = frozenset({"inet"})
_INET6 = frozenset({"inet6"})

SCTP = "SCTP"
IGMP = "IGMP"

BLOCKS = (
    Block(
        "RAWIP",
        _BOTH,
        "rawip",
        _parse("rawip", "", "-InDatagrams -InErrors -InCksumErrs -OutDatagrams -OutErrors"),
    ),
    Block(
        "UDP",
        _BOTH,
        "udp",
        _parse(
            "udp",
            "Udp.",
            "InDatagrams<Udp.InDatagrams+Udp6.Udp6InDatagrams InErrors<Udp.InErrors+Udp6.Udp6InErrors"
            " OutDatagrams<Udp.OutDatagrams+Udp6.Udp6OutDatagrams ~OutErrors<Udp.SndbufErrors+Udp6.Udp6SndbufErrors",
        ),
    ),
    Block("TCP", _BOTH, "tcp", _parse("tcp", "Tcp.", _TCP)),
    Block("IPv4", _INET, "ip", _parse("ip", "Ip.", _IP)),
    Block("IPv6", _INET6, "ipv6", _parse("ipv6", "Ip6.Ip6", _IP6), by_interface=True),
    Block("ICMPv4", _INET, "icmp", _parse("icmp", "Icmp.", _ICMP)),
    Block("ICMPv6", _INET6, "icmpv6", _parse("icmp6", "Icmp6.Icmp6", _ICMP6), by_interface=True),
    Block(IGMP, _INET, "igmp", ()),
    Block(SCTP, _BOTH, "sctp", _parse("sctp", "Sctp.", _SCTP)),
)
"""All blocks in the order of the page."""

IGMP_TEXTS = (
    "messages received",
    "messages received with too few bytes",
    "messages received with bad checksum",
    "membership queries received",
    "membership queries received with invalid field(s)",
    "membership reports received",
    "membership reports received with invalid field(s)",
    "membership reports received for groups to which we belong",
    "membership reports sent",
)
"""The lines of IGMP, of which Linux counts nothing."""

KNOWN_ICMP_TYPES = frozenset({0, 3, 4, 5, 8, *range(11, 19)})
"""Types of ICMP messages that have a counter of their own; the others are unknown to SunOS."""
