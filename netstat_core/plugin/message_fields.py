"""Fields of netlink messages: where a value stands in a message, and in which format."""

from __future__ import annotations

from collections.abc import Mapping

from netstat_core.plugin.values import Value, name_field

Path = tuple[int, ...]
"""The types of nested attributes, from the outermost to the one that is read."""


def _is_format(text: str) -> bool:
    """True for one letter of BHIQbhiq, and for a length and ``s``; each may follow ``>``."""
    text = text.removeprefix(">")
    return text[-1:] in "BHIQbhiq" if len(text) == 1 else text[-1:] == "s" and text[:-1].isdecimal()


REST = "s"
"""The format of bytes whose number each shape has its own of."""

_FORMATS_WANTED = "must be one letter of BHIQbhiq, or a length and s; after > in network order"


class FixedField(Value):
    """A field of the fixed part: its offset from the start of the message, nlmsghdr included, and its struct format.

    The format is one letter of ``BHIQbhiq``, or the length and ``s`` for bytes: ``4s``. A number is in the byte order
    of the machine, or in network order after ``>``: ``>H``.
    """

    offset: int = name_field(kw_only=False)
    format: str

    def check(self) -> None:
        """Check the format."""
        if not _is_format(self.format):
            raise self._field_error("format", _FORMATS_WANTED)


class AttributeField(Value):
    """A field in the payload of an attribute: the paths it may be found at, with the format for each.

    Formats are those of :class:`FixedField`, and :data:`REST`, the bytes up to the end of the payload, of which there
    is at least one. ``offset`` is the field's place in the payload. A payload that is too short does not have it; with
    ``exact``, nor does one of any other length. If several attributes have it, the last one counts. The value of a
    message without it is None.
    """

    formats: Mapping[Path, str] = name_field(kw_only=False)
    offset: int = 0
    exact: bool = False

    def check(self) -> None:
        """Check the formats."""
        if not all(text == REST or _is_format(text) for text in self.formats.values()):
            raise self._field_error("formats", _FORMATS_WANTED)
