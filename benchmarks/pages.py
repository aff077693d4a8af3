"""How the benchmarks write their tables."""

from __future__ import annotations


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, padded so that it reads well as text."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in [header, *rows]
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])
