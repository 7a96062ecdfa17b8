"""netstat's texts for counters, by section.

netstat has texts for some names that are missing here (Forwarding, TCPTimeouts, TCPLoss, TCPDSACKRecv,
Icmp6OutRouterAdvertisements ...), but its search does not find them, so it shows the kernel's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Shown(NamedTuple):
    """How a counter is shown: below which heading, with which indent, whether also if it is 0, and whether at all."""

    heading: str | None
    indent: str
    zero: bool
    ever: bool = True


ALWAYS = Shown(None, "    ", zero=True)
NON_ZERO = Shown(None, "    ", zero=False)
NEVER = Shown(None, "    ", zero=False, ever=False)
INPUT = Shown("ICMP input histogram:", "        ", zero=False)
OUTPUT = Shown("ICMP output histogram:", "        ", zero=False)


class Label(NamedTuple):
    """The text for one counter, with ``{}`` for the number."""

    shown: Shown
    text: str = ""


_IP = {
    "DefaultTTL": Label(NEVER),
    "ForwDatagrams": Label(ALWAYS, "{} forwarded"),
    "FragCreates": Label(NON_ZERO, "{} fragments created"),
    "FragFails": Label(NON_ZERO, "{} outgoing packets failed fragmentation"),
    "FragOKs": Label(NON_ZERO, "{} outgoing packets fragmented ok"),
    "InAddrErrors": Label(NON_ZERO, "{} with invalid addresses"),
    "InDelivers": Label(ALWAYS, "{} incoming packets delivered"),
    "InDiscards": Label(ALWAYS, "{} incoming packets discarded"),
    "InHdrErrors": Label(NON_ZERO, "{} with invalid headers"),
    "InReceives": Label(ALWAYS, "{} total packets received"),
    "InUnknownProtos": Label(NON_ZERO, "{} with unknown protocol"),
    "OutDiscards": Label(NON_ZERO, "{} outgoing packets dropped"),
    "OutNoRoutes": Label(NON_ZERO, "{} dropped because of missing route"),
    "OutRequests": Label(ALWAYS, "{} requests sent out"),
    "ReasmFails": Label(NON_ZERO, "{} packet reassemblies failed"),
    "ReasmOKs": Label(NON_ZERO, "{} packets reassembled ok"),
    "ReasmReqds": Label(NON_ZERO, "{} reassemblies required"),
    "ReasmTimeout": Label(NON_ZERO, "{} fragments dropped after timeout"),
}

_IP6 = {
    "Ip6FragCreates": Label(NON_ZERO, "{} fragments created"),
    "Ip6FragFails": Label(NON_ZERO, "{} outgoing packets failed fragmentation"),
    "Ip6FragOKs": Label(NON_ZERO, "{} outgoing packets fragmented ok"),
    "Ip6InAddrErrors": Label(NON_ZERO, "{} with invalid addresses"),
    "Ip6InDelivers": Label(ALWAYS, "{} incoming packets delivered"),
    "Ip6InDiscards": Label(ALWAYS, "{} incoming packets discarded"),
    "Ip6InHdrErrors": Label(NON_ZERO, "{} with invalid headers"),
    "Ip6InMcastPkts": Label(NON_ZERO, "{} incoming multicast packets"),
    "Ip6InNoRoutes": Label(NON_ZERO, "{} incoming packets with no route"),
    "Ip6InReceives": Label(ALWAYS, "{} total packets received"),
    "Ip6InTooBigErrors": Label(NON_ZERO, "{} with packets too big"),
    "Ip6InTruncatedPkts": Label(NON_ZERO, "{} with truncated packets"),
    "Ip6InUnknownProtos": Label(NON_ZERO, "{} with unknown protocol"),
    "Ip6OutDiscards": Label(NON_ZERO, "{} outgoing packets dropped"),
    "Ip6OutForwDatagrams": Label(ALWAYS, "{} forwarded"),
    "Ip6OutMcastPkts": Label(NON_ZERO, "{} outgoing multicast packets"),
    "Ip6OutNoRoutes": Label(NON_ZERO, "{} dropped because of missing route"),
    "Ip6OutRequests": Label(ALWAYS, "{} requests sent out"),
    "Ip6ReasmFails": Label(NON_ZERO, "{} packet reassemblies failed"),
    "Ip6ReasmOKs": Label(NON_ZERO, "{} packets reassembled ok"),
    "Ip6ReasmReqds": Label(NON_ZERO, "{} reassemblies required"),
    "Ip6ReasmTimeout": Label(NON_ZERO, "{} fragments dropped after timeout"),
}

_ICMP = {
    "InAddrMaskReps": Label(INPUT, "address mask replies: {}"),
    "InAddrMasks": Label(INPUT, "address mask request: {}"),
    "InDestUnreachs": Label(INPUT, "destination unreachable: {}"),
    "InEchoReps": Label(INPUT, "echo replies: {}"),
    "InEchos": Label(INPUT, "echo requests: {}"),
    "InErrors": Label(ALWAYS, "{} input ICMP message failed"),
    "InMsgs": Label(ALWAYS, "{} ICMP messages received"),
    "InParmProbs": Label(INPUT, "wrong parameters: {}"),
    "InRedirects": Label(INPUT, "redirects: {}"),
    "InSrcQuenchs": Label(INPUT, "source quenches: {}"),
    "InTimeExcds": Label(INPUT, "timeout in transit: {}"),
    "InTimestampReps": Label(INPUT, "timestamp reply: {}"),
    "InTimestamps": Label(INPUT, "timestamp request: {}"),
    "OutAddrMaskReps": Label(OUTPUT, "address mask replies: {}"),
    "OutAddrMasks": Label(OUTPUT, "address mask requests: {}"),
    "OutDestUnreachs": Label(OUTPUT, "destination unreachable: {}"),
    "OutEchoReps": Label(OUTPUT, "echo replies: {}"),
    "OutEchos": Label(OUTPUT, "echo requests: {}"),
    "OutErrors": Label(ALWAYS, "{} ICMP messages failed"),
    "OutMsgs": Label(ALWAYS, "{} ICMP messages sent"),
    "OutParmProbs": Label(OUTPUT, "wrong parameters: {}"),
    "OutRedirects": Label(OUTPUT, "redirect: {}"),
    "OutSrcQuenchs": Label(OUTPUT, "source quench: {}"),
    "OutTimeExcds": Label(OUTPUT, "time exceeded: {}"),
    "OutTimestampReps": Label(OUTPUT, "timestamp replies: {}"),
    "OutTimestamps": Label(OUTPUT, "timestamp requests: {}"),
}

_ICMP6 = {
    "Icmp6InDestUnreachs": Label(INPUT, "destination unreachable: {}"),
    "Icmp6InEchoReplies": Label(INPUT, "echo replies: {}"),
    "Icmp6InEchos": Label(INPUT, "echo requests: {}"),
    "Icmp6InErrors": Label(ALWAYS, "{} input ICMP message failed"),
    "Icmp6InGroupMembQueries": Label(INPUT, "group member queries: {}"),
    "Icmp6InGroupMembReductions": Label(INPUT, "group member reductions: {}"),
    "Icmp6InGroupMembResponses": Label(INPUT, "group member responses: {}"),
    "Icmp6InMsgs": Label(ALWAYS, "{} ICMP messages received"),
    "Icmp6InNeighborAdvertisements": Label(INPUT, "neighbour advertisement: {}"),
    "Icmp6InNeighborSolicits": Label(INPUT, "neighbour solicits: {}"),
    "Icmp6InParmProblems": Label(INPUT, "parameter problem: {}"),
    "Icmp6InPktTooBigs": Label(INPUT, "packets too big: {}"),
    "Icmp6InRedirects": Label(INPUT, "redirects: {}"),
    "Icmp6InRouterAdvertisements": Label(INPUT, "router advertisement: {}"),
    "Icmp6InRouterSolicits": Label(INPUT, "router solicits: {}"),
    "Icmp6InTimeExcds": Label(INPUT, "received ICMPv6 time exceeded: {}"),
    "Icmp6OutDestUnreachs": Label(OUTPUT, "destination unreachable: {}"),
    "Icmp6OutEchoReplies": Label(OUTPUT, "echo replies: {}"),
    "Icmp6OutEchos": Label(OUTPUT, "echo requests: {}"),
    "Icmp6OutGroupMembQueries": Label(OUTPUT, "group member queries: {}"),
    "Icmp6OutGroupMembReductions": Label(OUTPUT, "group member reductions: {}"),
    "Icmp6OutGroupMembResponses": Label(OUTPUT, "group member responses: {}"),
    "Icmp6OutMsgs": Label(ALWAYS, "{} ICMP messages sent"),
    "Icmp6OutNeighborAdvertisements": Label(OUTPUT, "neighbor advertisements: {}"),
    "Icmp6OutNeighborSolicits": Label(OUTPUT, "neighbor solicits: {}"),
    "Icmp6OutParmProblems": Label(OUTPUT, "parameter problem: {}"),
    "Icmp6OutPktTooBigs": Label(OUTPUT, "packets too big: {}"),
    "Icmp6OutRedirects": Label(OUTPUT, "redirects: {}"),
    "Icmp6OutRouterSolicits": Label(OUTPUT, "router solicits: {}"),
    "Icmp6OutTimeExcds": Label(OUTPUT, "sent ICMPv6 time exceeded: {}"),
}

_TCP = {
    "ActiveOpens": Label(ALWAYS, "{} active connection openings"),
    "AttemptFails": Label(ALWAYS, "{} failed connection attempts"),
    "CurrEstab": Label(ALWAYS, "{} connections established"),
    "EstabResets": Label(ALWAYS, "{} connection resets received"),
    "InErrs": Label(ALWAYS, "{} bad segments received"),
    "InSegs": Label(ALWAYS, "{} segments received"),
    "MaxConn": Label(NEVER),
    "OutRsts": Label(ALWAYS, "{} resets sent"),
    "OutSegs": Label(ALWAYS, "{} segments sent out"),
    "PassiveOpens": Label(ALWAYS, "{} passive connection openings"),
    "RetransSegs": Label(ALWAYS, "{} segments retransmitted"),
    "RtoAlgorithm": Label(NEVER),
    "RtoMax": Label(NEVER),
    "RtoMin": Label(NEVER),
}

_UDP = {
    "InDatagrams": Label(ALWAYS, "{} packets received"),
    "InErrors": Label(ALWAYS, "{} packet receive errors"),
    "NoPorts": Label(ALWAYS, "{} packets to unknown port received"),
    "OutDatagrams": Label(ALWAYS, "{} packets sent"),
    "RcvbufErrors": Label(ALWAYS, "{} receive buffer errors"),
    "SndbufErrors": Label(ALWAYS, "{} send buffer errors"),
}

_UDP6 = {
    "Udp6InDatagrams": Label(ALWAYS, "{} packets received"),
    "Udp6InErrors": Label(ALWAYS, "{} packet receive errors"),
    "Udp6NoPorts": Label(ALWAYS, "{} packets to unknown port received"),
    "Udp6OutDatagrams": Label(ALWAYS, "{} packets sent"),
}

_TCPEXT = {
    "DelayedACKLocked": Label(NON_ZERO, "{} delayed acks further delayed because of locked socket"),
    "DelayedACKLost": Label(NON_ZERO, "Quick ack mode was activated {} times"),
    "DelayedACKs": Label(NON_ZERO, "{} delayed acks sent"),
    "EmbryonicRsts": Label(NON_ZERO, "{} resets received for embryonic SYN_RECV sockets"),
    "ListenDrops": Label(NON_ZERO, "{} SYNs to LISTEN sockets dropped"),
    "ListenOverflows": Label(NON_ZERO, "{} times the listen queue of a socket overflowed"),
    "LockDroppedIcmps": Label(NON_ZERO, "{} ICMP packets dropped because socket was locked"),
    "OfoPruned": Label(NON_ZERO, "{} packets dropped from out-of-order queue because of socket buffer overrun"),
    "OutOfWindowIcmps": Label(NON_ZERO, "{} ICMP packets dropped because they were out-of-window"),
    "PAWSActive": Label(NON_ZERO, "{} active connections rejected because of time stamp"),
    "PAWSEstab": Label(NON_ZERO, "{} packets rejected in established connections because of timestamp"),
    "PAWSPassive": Label(NON_ZERO, "{} passive connections rejected because of time stamp"),
    "PruneCalled": Label(NON_ZERO, "{} packets pruned from receive queue because of socket buffer overrun"),
    "RcvPruned": Label(NON_ZERO, "{} packets pruned from receive queue"),
    "SockMallocOOM": Label(NON_ZERO, "Ran {} times out of system memory during packet sending"),
    "SyncookiesFailed": Label(NON_ZERO, "{} invalid SYN cookies received"),
    "SyncookiesRecv": Label(NON_ZERO, "{} SYN cookies received"),
    "SyncookiesSent": Label(NON_ZERO, "{} SYN cookies sent"),
    "TCPAbortFailed": Label(NON_ZERO, "{} times unable to send RST due to no memory"),
    "TCPAbortOnClose": Label(NON_ZERO, "{} connections reset due to early user close"),
    "TCPAbortOnData": Label(NON_ZERO, "{} connections reset due to unexpected data"),
    "TCPAbortOnLinger": Label(NON_ZERO, "{} connections aborted after user close in linger timeout"),
    "TCPAbortOnMemory": Label(NON_ZERO, "{} connections aborted due to memory pressure"),
    "TCPAbortOnSyn": Label(NON_ZERO, "{} connections reset due to unexpected SYN"),
    "TCPAbortOnTimeout": Label(NON_ZERO, "{} connections aborted due to timeout"),
    "TCPDirectCopyFromBacklog": Label(NON_ZERO, "{} bytes directly in process context from backlog"),
    "TCPFACKReorder": Label(NON_ZERO, "Detected reordering {} times using FACK"),
    "TCPFastRetrans": Label(NON_ZERO, "{} fast retransmits"),
    "TCPForwardRetrans": Label(NON_ZERO, "{} forward retransmits"),
    "TCPFullUndo": Label(NON_ZERO, "{} congestion windows fully recovered without slow start"),
    "TCPHPAcks": Label(NON_ZERO, "{} predicted acknowledgments"),
    "TCPHPHits": Label(ALWAYS, "{} packet headers predicted"),
    "TCPHPHitsToUser": Label(NON_ZERO, "{} packet headers predicted and directly queued to user"),
    "TCPLossFailures": Label(NON_ZERO, "{} timeouts in loss state"),
    "TCPLossUndo": Label(NON_ZERO, "{} congestion windows recovered without slow start after partial ack"),
    "TCPLostRetransmits": Label(NON_ZERO, "{} retransmits lost"),
    "TCPMemoryPressures": Label(NON_ZERO, "TCP ran low on memory {} times"),
    "TCPPartialUndo": Label(NON_ZERO, "{} congestion windows partially recovered using Hoe heuristic"),
    "TCPPrequeued": Label(NON_ZERO, "{} packets directly queued to recvmsg prequeue"),
    "TCPPureAcks": Label(NON_ZERO, "{} acknowledgments not containing data payload received"),
    "TCPRcvCollapsed": Label(NON_ZERO, "{} packets collapsed in receive queue due to low socket buffer"),
    "TCPRenoFailures": Label(NON_ZERO, "{} timeouts after reno fast retransmit"),
    "TCPRenoRecovery": Label(NON_ZERO, "{} times recovered from packet loss due to fast retransmit"),
    "TCPRenoReorder": Label(NON_ZERO, "Detected reordering {} times using reno fast retransmit"),
    "TCPSACKReorder": Label(NON_ZERO, "Detected reordering {} times using SACK"),
    "TCPSchedulerFailed": Label(NON_ZERO, "{} times receiver scheduled too late for direct processing"),
    "TCPSlowStartRetrans": Label(NON_ZERO, "{} retransmits in slow start"),
    "TCPTSReorder": Label(NON_ZERO, "Detected reordering {} times using time stamp"),
    "TW": Label(NON_ZERO, "{} TCP sockets finished time wait in fast timer"),
    "TWRecycled": Label(NON_ZERO, "{} time wait sockets recycled by time stamp"),
}

_SCTP = {
    "SctpAborteds": Label(ALWAYS, "{} Number of Aborteds "),
    "SctpActiveEstabs": Label(ALWAYS, "{} Active Associations"),
    "SctpChecksumErrors": Label(ALWAYS, "{} Number of Packets with invalid Checksum"),
    "SctpCurrEstab": Label(ALWAYS, "{} Current Associations"),
    "SctpFragUsrMsgs": Label(ALWAYS, "{} Number of messages fragmented"),
    "SctpInCtrlChunks": Label(ALWAYS, "{} Number of control chunks received"),
    "SctpInOrderChunks": Label(ALWAYS, "{} Number of ordered chunks received"),
    "SctpInSCTPPacks": Label(ALWAYS, "{} Number of SCTP packets received"),
    "SctpInUnorderChunks": Label(ALWAYS, "{} Number of Unordered chunks received"),
    "SctpOutCtrlChunks": Label(ALWAYS, "{} Number of control chunks sent"),
    "SctpOutOfBlues": Label(ALWAYS, "{} Number of Out of Blue packets"),
    "SctpOutOrderChunks": Label(ALWAYS, "{} Number of ordered chunks sent"),
    "SctpOutSCTPPacks": Label(ALWAYS, "{} Number of SCTP packets sent"),
    "SctpOutUnorderChunks": Label(ALWAYS, "{} Number of Unordered chunks sent"),
    "SctpPassiveEstabs": Label(ALWAYS, "{} Passive Associations"),
    "SctpReasmUsrMsgs": Label(ALWAYS, "{} Number of messages reassembled "),
    "SctpShutdowns": Label(ALWAYS, "{} Number of Graceful Terminations"),
}


class Section(NamedTuple):
    """A section that netstat knows: the protocol whose option shows it, and the labels of its counters."""

    protocol: str
    labels: Mapping[str, Label]


SECTIONS = {
    "Ip": Section("raw", _IP),
    "Ip6": Section("raw", _IP6),
    "Icmp": Section("raw", _ICMP),
    "Icmp6": Section("raw", _ICMP6),
    "Tcp": Section("tcp", _TCP),
    "Tcp6": Section("tcp", _TCP),
    "TcpExt": Section("tcp", _TCPEXT),
    "Udp": Section("udp", _UDP),
    "Udp6": Section("udp", _UDP6),
    "Sctp": Section("sctp", _SCTP),
}
"""The sections that netstat knows. All others are shown whatever protocol is asked for."""
