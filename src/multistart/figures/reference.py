"""What pages say of the pictures, from their declarations: a table of ``docs/results.md``, the report's captions."""

from __future__ import annotations

import re

from multistart.figures import COMPARISONS, PICTURES, SWEEPS

BLOCK = re.compile(r"(<!-- pictures -->\n).*?(\n<!-- end of pictures -->)", flags=re.DOTALL)


def with_reference(page: str) -> str:
    """Return the page with the list of pictures between its marks made anew."""
    rows = [
        f"| `{name}` | {picture.alt} | {_files(picture.reads)} |"
        for name, picture in (PICTURES | COMPARISONS | SWEEPS).items()
    ]
    table = "\n".join(["| file | what it shows | drawn from |", "|---|---|---|", *rows])
    return BLOCK.sub(lambda found: found[1] + table + found[2], page)


def captions() -> dict[str, str]:
    """The files of captions, which Snakemake's report asks for, by their names below ``workflow/report/``."""
    return {f"{name}.rst": f"{picture.caption}\n" for name, picture in (PICTURES | COMPARISONS | SWEEPS).items()}


def _files(reads: tuple[str, ...]) -> str:
    return ", ".join(f"`{file.removeprefix('<method>/')}`" for file in reads)
