"""Conversion of packed and written addresses to canonical text; recent results are cached."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

_MOST_TEXTS = 4096
"""Largest number of cached texts: a router's table may have very many addresses."""

_BYTES = {4: AF_INET, 16: AF_INET6}


class PackedTexts(dict[bytes, str]):
    """A cache from packed addresses (4 or 16 bytes in network order) to their text."""

    def __missing__(self, raw: bytes) -> str:
        """Convert the address and cache the text."""
        if len(self) >= _MOST_TEXTS:
            self.clear()
        text = self[raw] = inet_ntop(_BYTES[len(raw)], raw)
        return text


class CanonicalTexts(dict[bytes, str]):
    """A cache from written addresses to canonical text: the files write IPv6 addresses with all their zeros."""

    def __missing__(self, written: bytes) -> str:
        """Convert the address and cache the text; raise ValueError if it is not an address."""
        if len(self) >= _MOST_TEXTS:
            self.clear()
        family = AF_INET6 if b":" in written else AF_INET
        try:
            text = self[written] = inet_ntop(family, inet_pton(family, written.decode("ascii")))
        except OSError as error:
            raise ValueError(str(error)) from error
        return text
