"""The catalogue as a Markdown page: ``python -m multistart.functions.catalogue.table > docs/functions.md``."""

from __future__ import annotations

from multistart.functions.catalogue import ENTRIES, Entry

_SHOWN = 9  # minima listed in full; of more, the global ones are counted
_HEAD = """\
# Test functions

`objective: {name: ...}` in a configuration takes any of these names; scalable ones also take `dimensions`.
`python -m multistart.functions.catalogue.table > docs/functions.md` makes this page; a test keeps it in step.

Minima are rounded here; the catalogue holds correctly rounded doubles. *All* means that every minimum inside the
domain is listed as far as a numerical search can tell; otherwise there are more local ones.
Every formula can be pasted as an `expression`.

"""


def markdown() -> str:
    """The page ``docs/functions.md``."""
    kinds = (("Two coordinates", 2), ("Any number of coordinates", None), ("One coordinate", 1), ("Three or more", 3))
    return _HEAD + "\n".join(_section(title, kind) for title, kind in kinds)


def _section(title: str, kind: int | None) -> str:
    chosen = [(n, e) for n, e in ENTRIES.items() if e.dimensions == kind or (kind == 3 and (e.dimensions or 0) > 3)]
    rows = "\n".join(_row(name, entry) for name, entry in chosen)
    note = " Formula, domain and minima are shown for the default dimensions.\n" if kind is None else ""
    return (
        f"## {title}\n\n{note}| name | what | formula | domain | minima (point: value) | source |\n"
        f"|---|---|---|---|---|---|\n{rows}\n"
    )


def _row(name: str, entry: Entry) -> str:
    d = entry.default_dimensions
    cells = (f"`{name}`", entry.title, f"`{entry.formula(d)}`", _domain(entry, d), _minima(entry, d), entry.source)
    return "| " + " | ".join(cells) + " |"


def _domain(entry: Entry, d: int) -> str:
    bounds = entry.domain(d)
    variables = entry.variables(d)
    if d > 1 and len(set(bounds)) == 1:
        return f"each in [{bounds[0][0]:.6g}, {bounds[0][1]:.6g}]"
    return ", ".join(f"{v} in [{low:.6g}, {high:.6g}]" for v, (low, high) in zip(variables, bounds, strict=True))


def _minima(entry: Entry, d: int) -> str:
    minima = entry.minima(d)
    shown = "; ".join(f"({', '.join(f'{x:.6g}' for x in point)}): {value:.7g}" for point, value in minima[:_SHOWN])
    more = f"; and {len(minima) - _SHOWN} more" if len(minima) > _SHOWN else ""
    extent = "all" if entry.lists_all(d) else "global"
    return f"{shown}{more} ({extent}{', the tip of a cone' if entry.cone else ''})"


if __name__ == "__main__":
    print(markdown(), end="")
