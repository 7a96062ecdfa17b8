"""Address bytes and address text to canonical text, the latest each once."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

_KEPT = 4096
"""Texts kept at a time: a router's table may have more addresses than memory should."""

_BYTES = {4: AF_INET, 16: AF_INET6}


class PackedTexts(dict[bytes, str]):
    """Texts by four or sixteen bytes in network order."""

    def __missing__(self, raw: bytes) -> str:
        """Convert and keep."""
        if len(self) >= _KEPT:
            self.clear()
        text = self[raw] = inet_ntop(_BYTES[len(raw)], raw)
        return text


class CanonicalTexts(dict[bytes, str]):
    """Canonical texts by texts: files write IPv6 addresses out with all their zeros."""

    def __missing__(self, written: bytes) -> str:
        """Convert and keep; raises ValueError for what is no address."""
        if len(self) >= _KEPT:
            self.clear()
        family = AF_INET6 if b":" in written else AF_INET
        try:
            text = self[written] = inet_ntop(family, inet_pton(family, written.decode("ascii")))
        except OSError as error:
            raise ValueError(str(error)) from error
        return text
