"""Where pynetstat shows legacy families otherwise than net-tools 2.10 on purpose, in which tree, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realnetstat import Outcome

PORT = "Q10: IPX ports have their bytes in the kernel's order"
QUEUE = "Q11: what is in the receive queue shows under Recv-Q"
BOTH = f"{PORT}; {QUEUE}"
DIRECT = "Q10: Directly Connected is no hexadecimal number"
ADDRESS = "Q10: ROSE sockets show their destination"
LCI = f"{ADDRESS}; LCIs are read as hexadecimal"
X25_FILE = "Q10: X.25 sockets are in x25/socket since Linux 2.6"
X25_FOLDER = "a folder x25 without a file of sockets is no support for X.25 sockets"
X25_SOURCE = "Q10: X.25 source addresses keep their tenth digit, LCIs are read as hexadecimal"
LINE_BREAK = "Q10: a NET/ROM node whose neighbour is unknown has a line of its own"
BAD_ROW = "Q19: a cut-off row is skipped, not shown with fields of the row before"


@dataclass(frozen=True)
class Difference:
    """Where the real program prints `real`, pynetstat prints `ours`; `with_all`: only with -a, or only without."""

    why: str
    real: bytes
    ours: bytes
    with_all: bool | None = None


X25_HEADER = b"Dest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q\n"
X25_CONNECTED = b"""\
2342777         31060000        x25a    3    SABM_SENT    00/00  0       0     
310612345678901 2342000042      x25b    2    ESTABLISHED  00/00  0       0     
2342000042      310612345678901 x25a    2    ESTABLISHED  00/00  0       0     
31061234        2342000042      x25b    1    ESTABLISHED  01/00  0       1280  
2342000042      31061234        x25a    1    ESTABLISHED  00/01  768     0     
"""  # noqa: W291 - padding
X25_ALL = b"""\
2342777         31060000        x25a    3    SABM_SENT    00/00  0       0     
*               99              ???     0    LISTENING    00/00  0       0     
310612345678901 2342000042      x25b    2    ESTABLISHED  00/00  0       0     
2342000042      310612345678901 x25a    2    ESTABLISHED  00/00  0       0     
31061234        2342000042      x25b    1    ESTABLISHED  01/00  0       1280  
2342000042      31061234        x25a    1    ESTABLISHED  00/01  768     0     
*               2342000042      ???     0    LISTENING    00/00  0       0     
"""  # noqa: W291 - padding

IPX_OF_A = (
    Difference(
        PORT,
        b"IPX        0      0 00000101:0340              00ABCDEF:00A0C9112244:5104 ",
        b"IPX        0      0 00000101:4003              00ABCDEF:00A0C9112244:0451 ",
    ),
    Difference(
        BOTH,
        b"IPX        0   1536 00000101:5204              - ",
        b"IPX     1536      0 00000101:0452              - ",
    ),
    Difference(
        PORT,
        b"IPX        0      0 00000101:5104              - ",
        b"IPX        0      0 00000101:0451              - ",
    ),
    Difference(
        PORT,
        b"IPX        0      0 000BADC0:FEFF              DEADBEEF:FFFFFFFFFFFF:5504 ",
        b"IPX        0      0 000BADC0:FFFE              DEADBEEF:FFFFFFFFFFFF:0455 ",
    ),
    Difference(
        BOTH,
        b"IPX        0   2304 000BADC0:9C86              - ",
        b"IPX     2304      0 000BADC0:869C              - ",
    ),
)
X25_OF_A = (
    Difference(X25_FILE, X25_HEADER, X25_HEADER + X25_CONNECTED, with_all=False),
    Difference(X25_FILE, X25_HEADER, X25_HEADER + X25_ALL, with_all=True),
)
ROSE_OF_BOTH_A = (
    Difference(
        LCI,
        b"            F1ABC-0    2080175524  N0CALL-2  rose0  32     2   CONN SENT\n",
        b"2080999999  F1ABC-0    2080175524  N0CALL-2  rose0  50     2   CONN SENT\n",
    ),
    Difference(
        LCI,
        b"            N0CALL-1   3100201001  W1AW-3    rose1  32     1   ESTABLISHED\n",
        b"2080175524  N0CALL-1   3100201001  W1AW-3    rose1  50     1   ESTABLISHED\n",
    ),
    Difference(
        ADDRESS,
        b"            W1AW-3     2080175524  N0CALL-1  rose0   1     1   ESTABLISHED\n",
        b"3100201001  W1AW-3     2080175524  N0CALL-1  rose0   1     1   ESTABLISHED\n",
    ),
    Difference(
        ADDRESS,
        b"            *          3100201001  W1AW-3    rose1   0     0   LISTENING\n",
        b"*           *          3100201001  W1AW-3    rose1   0     0   LISTENING\n",
    ),
)
DIRECT_OF_A = tuple(
    Difference(
        DIRECT,
        network + b"                  0000000D                  C00000000000             \n",
        network + b"                  Directly                  Connected                \n",
    )
    for network in (b"12345678", b"000BADC0", b"00000101")
)
DIRECT_OF_EXAMPLES = Difference(
    DIRECT,
    b"00000020                  0000000D                  C00000000000             \n",
    b"00000020                  Directly                  Connected                \n",
)

DIFFERENCES = {
    "captures/legacy-a-6.1": (
        *IPX_OF_A,
        *X25_OF_A,
        *ROSE_OF_BOTH_A,
        Difference(
            LCI,
            b"            VK3XYZ-4   3100201001  KE4PJW-0  rose1  32     3   CONN SENT\n",
            b"5050201234  VK3XYZ-4   3100201001  KE4PJW-0  rose1  50     3   CONN SENT\n",
        ),
        *DIRECT_OF_A,
    ),
    "captures/legacy-a-later-6.1": (
        *IPX_OF_A,
        *X25_OF_A,
        *ROSE_OF_BOTH_A,
        Difference(
            ADDRESS,
            b"            VK3XYZ-4   3100201001  KE4PJW-0  rose1   0     0   LISTENING\n",
            b"5050201234  VK3XYZ-4   3100201001  KE4PJW-0  rose1   0     0   LISTENING\n",
        ),
        *DIRECT_OF_A,
    ),
    "captures/legacy-peera-6.1": (
        Difference(
            LCI,
            b"Problem reading data from /proc/net/rose\n",
            b"2342299999  FAR-1      2342104321  G0ABC-3   rose0  47     2   CONN SENT\n",
        ),
        Difference(
            LCI,
            b"            FAR-1      2342104321  G0ABC-4   rose0  32     3   ESTABLISHED\n",
            b"3100555555  FAR-1      2342104321  G0ABC-4   rose0  50     3   ESTABLISHED\n",
        ),
        Difference(
            LCI,
            b"            FAR-1      2342104321  G0ABC-2   ???    30     2   DISC SENT\n",
            b"2342211111  FAR-1      2342104321  G0ABC-2   ???    48     2   DISC SENT\n",
        ),
        Difference(
            LCI,
            b"            FAR-1      2342104321  G0ABC-1   rose0  31     2   ESTABLISHED\n",
            b"2342254321  FAR-1      2342104321  G0ABC-1   rose0  49     2   ESTABLISHED\n",
        ),
        Difference(
            LCI,
            b"            FAR-1      2342104321  G0ABC-0   rose0  32     2   ESTABLISHED\n",
            b"2342212345  FAR-1      2342104321  G0ABC-0   rose0  50     2   ESTABLISHED\n",
        ),
    ),
    "examples/legacy": (
        Difference(
            PORT,
            b"IPX        0      0 00000001:0340              - ",
            b"IPX        0      0 00000001:4003              - ",
        ),
        Difference(
            BOTH,
            b"IPX       16     47 0000ABCD:00A0C9112233:5104 12345678:000000000001:5104 ",
            b"IPX       47     16 0000ABCD:00A0C9112233:0451 12345678:000000000001:0451 ",
        ),
        Difference(
            PORT,
            b"IPX        0      0 :0481                      - ",
            b"IPX        0      0 :8104                      - ",
        ),
        Difference(
            ADDRESS,
            b"            *          2080123456  F6ABC-0   rose0   0     0   LISTENING\n",
            b"*           *          2080123456  F6ABC-0   rose0   0     0   LISTENING\n",
        ),
        Difference(
            LCI,
            b"            F1XYZ-3    2080123456  F6ABC-0   rose0  12     1   ESTABLISHED\n",
            b"2080175524  F1XYZ-3    2080123456  F6ABC-0   rose0  18     1   ESTABLISHED\n",
        ),
        Difference(
            ADDRESS,
            b"            F1XYZ-3    2080123456  F6ABC-0   ros1    1 99999   CONN SENT\n",
            b"2080175524  F1XYZ-3    2080123456  F6ABC-0   ros1    1 99999   CONN SENT\n",
        ),
        Difference(X25_FOLDER, b"Active X.25 sockets\n" + X25_HEADER, b""),
        DIRECT_OF_EXAMPLES,
        Difference(BAD_ROW, b"BADLINE\n     bpq0       3\n", b""),
        Difference(LINE_BREAK, b"NODE09       *         ", b"NODE09       *         \n"),
    ),
    "examples/legacy2": (
        Difference(
            X25_SOURCE,
            b"*               123456789       ???     0    LISTENING    00/00  0       0     \n",
            b"*               1234567890      ???     0    LISTENING    00/00  0       0     \n",
        ),
        Difference(
            X25_SOURCE,
            b"9876543210      123456789       x25a    1    ESTABLISHED  05/04  66      77    \n",
            b"9876543210      1234567890      x25a    1    ESTABLISHED  05/04  66      77    \n",
        ),
        Difference(
            X25_SOURCE,
            b"98765           12345           x25b    10   DISC_SENT    00/00  0       0     \n",
            b"98765           12345           x25b    16   DISC_SENT    00/00  0       0     \n",
        ),
    ),
}
"""By tree. Whatever is not named here is the same to the byte."""


def repaired(differences: Sequence[Difference], arguments: Sequence[str], real: Outcome) -> Outcome:
    """Return what pynetstat has to do where the real program, with the same arguments, did `real`."""
    stdout = real.stdout
    for difference in differences:
        if difference.with_all in (None, shows_all(arguments)):
            stdout = stdout.replace(difference.real, difference.ours)
    return replace(real, stdout=stdout)


def shows_all(arguments: Sequence[str]) -> bool:
    """Whether the arguments contain -a."""
    return any(word == "--all" or ("a" in word and word[:1] == "-" and word[1:2] != "-") for word in arguments)
