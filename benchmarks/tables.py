"""Tables of results, as aligned text or as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class Table:
    """A titled table; its first column holds names, the others numbers."""

    title: str
    headings: list[str]
    rows: list[list[str]]

    def text(self) -> str:
        """Return the table as lines of aligned columns."""
        widths = [max(len(cell) for cell in column) for column in zip(self.headings, *self.rows, strict=True)]
        rule = ["-" * width for width in widths]
        lines = [_aligned(row, widths) for row in [self.headings, rule, *self.rows]]
        return "\n".join([self.title, "", *lines, ""])

    def markdown(self) -> str:
        """Return the table as Markdown under its title."""
        rule = ["---", *["---:"] * (len(self.headings) - 1)]
        lines = [_piped(self.headings), _piped(rule), *(_piped(row) for row in self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines, ""])


def _aligned(cells: list[str], widths: list[int]) -> str:
    """Return one line of text: the first cell to the left of its column, the others to the right."""
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()


def _piped(cells: list[str]) -> str:
    """Return one line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def seconds(value: float | None) -> str:
    """Return a duration given in seconds as a cell."""
    return NOT_INSTALLED if value is None else f"{value:.3f}"


def seconds_range(values: list[float]) -> str:
    """Return the shortest and longest of some durations in seconds as a cell: far apart, they mean a busy machine."""
    return f"{min(values):.2f}-{max(values):.2f}" if values else "-"


def milliseconds(value: float | None) -> str:
    """Return a duration given in seconds as a cell in milliseconds."""
    return NOT_INSTALLED if value is None else f"{value * 1000:.1f}"


def ratio(value: float | None) -> str:
    """Return a ratio as a cell."""
    return "-" if value is None else f"{value:.2f}x"


def mebibytes(value: float | None, floor: float) -> str:
    """Return an amount of memory in MiB as a cell, which says so where it is below what can be measured."""
    if value is None:
        return "-"
    return f"< {floor:.1f}" if value <= floor else f"{value:.1f}"
