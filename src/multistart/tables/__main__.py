"""``python -m multistart.tables`` in the repository makes the tables of ``docs/results.md`` anew."""

from __future__ import annotations

from pathlib import Path

from multistart.tables.reference import with_reference

if __name__ == "__main__":
    page = Path("docs/results.md")
    page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")
