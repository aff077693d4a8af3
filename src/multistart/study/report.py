"""What Snakemake's report of a study opens with: the study's page, whole, with its pictures in it."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
_IMAGE = re.compile(r'(<img src=")([^"]+)(")')
_FILE = re.compile(r'<a class="file" href="[^"]*">(.*?)</a>', flags=re.DOTALL)


def opening(page: Path | str) -> str:
    """Return ``summary.html`` as a frame of HTML that can be passed on alone.

    Its pictures are in it, and links to files of the study, which do not come along, are plain text. The frame keeps
    the page's style and that of the report apart.
    """
    page = Path(page)
    text = _FILE.sub(r"\1", page.read_text(encoding="utf-8"))
    text = _IMAGE.sub(lambda found: found[1] + _embedded(page.parent / html.unescape(found[2])) + found[3], text)
    frame = 'class="study" title="the study" style="width: 100%; height: 90vh"'
    return f'<iframe {frame} srcdoc="{html.escape(text)}"></iframe>'


def _embedded(picture: Path) -> str:
    """A picture as its own address, in short lines: what reads the report's words refuses long ones."""
    return f"data:{TYPES[picture.suffix]};base64,{base64.encodebytes(picture.read_bytes()).decode()}"
