"""Argument lists of the sockets displays, by what they exercise.

Left out are abbreviations that mean something else where more long options exist (`--in`, `--a`), or that 2.10 refuses
because it declares `--unix` twice (`--u`, `--un`).
"""

from __future__ import annotations

from itertools import chain, combinations, product

Arguments = tuple[str, ...]


def subsets(letters: str) -> list[str]:
    """All ways to choose some of the letters, none and all of them included."""
    return ["".join(chosen) for size in range(len(letters) + 1) for chosen in combinations(letters, size)]


def split(*lines: str) -> list[Arguments]:
    """One argument list for each line, its words the arguments."""
    return [tuple(line.split()) for line in lines]


def is_numeric(arguments: Arguments) -> bool:
    """Whether nothing is resolved to names."""
    clusters = [word for word in arguments if word.startswith("-") and not word.startswith("--")]
    return "--numeric" in arguments or any("n" in word and not word.startswith("-A") for word in clusters)


PROTOCOLS = [(f"-{letters}an",) for letters in subsets("tuUwSx")]

COLUMNS = [
    *((f"-n{shown}{letters}",) for shown, letters in product(("", "a", "l"), subsets("eopWv"))),
    *(("-nal",), ("-nlae",), ("-nalop",), ("-naleopWv",)),
]

FAMILIES = [
    (*family, f"-n{letters}")
    for family in split(
        "-4", "-6", "-46", "--inet", "--inet6", "--ip", "-A inet", "-A inet6", "-A ip6", "-A tcpip", "-A unix",
        "-A inet,unix", "-A inet6,inet", "-A unix -6", "--protocol=inet", "--protocol inet6,unix", "-Ainet", "--unix",
    )
    for letters in ("", "a", "l", "lu", "ax", "aS")
]  # fmt: skip

NAMES = [
    *split("-a", "-at", "-au", "-aw", "-aS", "-ax", "-l", "-ae", "-ap", "-aeoW", "-aW", "-aN", "-aSN", "-aNe", "-t"),
    *(
        ("-a", "-e", *words)
        for words in chain.from_iterable(
            combinations(("--numeric-hosts", "--numeric-ports", "--numeric-users"), size) for size in range(4)
        )
    ),
    *split("-aS --numeric-ports", "-aS --numeric-users", "-aW --numeric-hosts", "-aW --numeric-ports"),
]

SPELLINGS = [
    *split("", "-n", "-a -n", "-na", "-n -t -u", "-nn -aa", "-anee", "-aneee", "-d -n", "-F -n", "-C -n", "-n --"),
    *split("--tcp --all --numeric", "--udp --listening --numeric", "--udplite --all -n", "--raw --all -n"),
    *split("--sctp --all -n", "--unix --all -n", "-n --extend", "-n --timers", "-n --programs", "-n --wide -a"),
    *split("--numeric --all --extend --timers --programs --wide --verbose", "--symbolic -a", "-an --fib"),
    *split("--all --nu -t", "--lis -n", "--tim -na", "--prog -na", "--program -na", "--wid -na", "--ext -na"),
    *split("-a --numeric-h", "-a --numeric-po", "-a --numeric-us", "--tc -an", "--ud -an", "--sc -an"),
    *split("--protoc=inet -an", "--sy -an", "-na --f", "-na --ve", "-natp", "-tulpn", "-lx"),
]  # fmt: skip

REFUSED = split(
    "-K", "-anK", "-Kan", "-L", "-k", "-I", "-y", "-3", "--foo", "--foo=bar", "--ash", "--econet", "--ec", "--ip6",
    "--num", "--numer", "--pro", "--l", "--unk", "--tcp=1", "--all=yes",
    "--numeric=1", "-A", "--protocol", "-an -A", "-tA", "-A nope", "-A inet,nope", "-A inet,",
    "-A ,inet", "-A INET", "-Anope", "--protocol=nope", "--protocol=", "-ii", "-rr", "-i -r", "-ir", "-s -i", "-rs",
    "-Ms", "-irs", "-an -ii", "-Z", "-Zan", "-anZ", "--context", "-? -Z", "-Z -?", "-?", "-A nope -K", "-K -A nope",
    "-2", "-f", "--l2cap", "--rfcomm", "--bluetooth", "-A bluetooth", "-2n -t", "--tcpip -n", "-tn --tcpip",
)  # fmt: skip
