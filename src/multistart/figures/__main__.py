"""``python -m multistart.figures`` in the repository makes the list of pictures and the report's captions anew."""

from __future__ import annotations

from pathlib import Path

from multistart.figures.reference import captions, with_reference

if __name__ == "__main__":
    page, report = Path("docs/results.md"), Path("workflow/report")
    page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, caption in captions().items():
        (report / name).write_text(caption, encoding="utf-8")
