"""``python -m multistart.tables`` in the repository makes the lists of files and columns in its pages anew."""

from __future__ import annotations

from pathlib import Path

from multistart.tables.reference import PAGES, with_reference

if __name__ == "__main__":
    for page in map(Path, PAGES):
        page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")
