"""Functions of expressions that are prepared once for their constant arguments, and then called for each record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_interface, ip_network

from netstat_core.where.expression import is_number

Network = IPv4Network | IPv6Network

_MOST_REMEMBERED = 65_536


def make_pattern(pattern: str) -> Callable[[str], bool]:
    """Return the function that searches a text for a regular expression, in time linear in the text.

    Raises ValueError for a pattern that is none or too large, ImportError without the library.
    """
    from jsonschema_rs import RegexOptions, validator_for  # noqa: PLC0415 - for expressions with matches

    schema = {"type": "string", "pattern": pattern}
    matches: Callable[[str], bool] = validator_for(schema, pattern_options=RegexOptions()).is_valid
    return matches


def read_prefix(text: str) -> Network:
    """Return the network that a prefix such as ``10.0.0.0/8`` or a single address stands for.

    Raises ValueError if it is neither, and for a prefix with bits of a host, naming the one that was meant.
    """
    network = ip_network(text, strict=False)
    if ip_interface(text).ip != network.network_address:
        raise ValueError(f"{text} has bits of a host; write {network}")
    return network


def make_prefix_test(networks: Sequence[Network]) -> Callable[[str], bool | None]:
    """Return the function that says whether an address is in one of some networks; None for text that is no address.

    An address ``ADDRESS/LENGTH`` is in a network that holds all of it. An IPv4 address that is mapped into IPv6
    (``::ffff:10.1.2.3``) is in the networks of both.
    """

    @lru_cache(_MOST_REMEMBERED)
    def is_inside(text: str) -> bool | None:
        try:
            inner = ip_interface(text).network
        except ValueError:
            return None
        return any(_contains(network, inner) for network in networks)

    return is_inside


def _contains(network: Network, inner: Network) -> bool:
    if isinstance(network, IPv4Network):
        unmapped = inner if isinstance(inner, IPv4Network) else _unmap(inner)
        return unmapped is not None and unmapped.subnet_of(network)
    return isinstance(inner, IPv6Network) and inner.subnet_of(network)


_MAPPED_BITS = 96


def _unmap(network: IPv6Network) -> IPv4Network | None:
    """Return the IPv4 network that is mapped into an IPv6 network."""
    address = IPv6Address(int(network.network_address)).ipv4_mapped
    if address is None or network.prefixlen < _MAPPED_BITS:
        return None
    return IPv4Network((int(address), network.prefixlen - _MAPPED_BITS))


_PREFIX_FUNCTIONS = ("cidr", "ip", "containsIP", "containsCIDR", "isIP", "within", "inPrefix", "ip_network")


def describe_unknown_function(name: str, known: Sequence[str]) -> str:
    """Return the message for a function that does not exist, with the one that was probably meant."""
    names = sorted(name for name in known if name.isidentifier() and name != "in")
    if name in _PREFIX_FUNCTIONS:
        return f"unknown function {name}; prefixes are tested by in_prefix(remote_address, '10.0.0.0/8')"
    lowered = {known_name.lower(): known_name for known_name in names}
    close = get_close_matches(name.lower().replace("_", ""), lowered, 1)
    hint = f"did you mean {lowered[close[0]]}?" if close else f"known: {', '.join(names)}"
    return f"unknown function {name}; {hint}"


def are_ordered(left: object, right: object) -> bool:
    """Return whether two values have an order: two numbers or two texts."""
    return (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def quotient(left: float, right: float) -> float:
    """Divide; of two integers the integer part, as CEL does."""
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def remainder(left: int, right: int) -> float:
    """Return what remains of a division of integers, with the sign of the dividend."""
    return left - right * quotient(left, right)
