"""What Snakemake's report of a study opens with: the study's page, whole, with its pictures in it."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

_IMAGE = re.compile(r'(<img src=")([^"]+)(")')
_EXPLORER = re.compile(r'(<p class="explorer">)<a class="file" href="explore\.html">(.*?)</a>')
_FILE = re.compile(r'<a class="file" href="[^"]*">(.*?)</a>', flags=re.DOTALL)


def opening(page: Path | str) -> str:
    """Return ``summary.html`` as a frame of HTML that can be passed on alone.

    Its pictures are in it, and links to files of the study, which do not come along, are plain text; the explorer does,
    and stands in the report's menu. The frame keeps the page's style and that of the report apart.
    """
    page = Path(page)
    text = _EXPLORER.sub(r"\1\2 (under Explorer, in the menu beside this page)", page.read_text(encoding="utf-8"))
    text = _FILE.sub(r"\1", text)
    text = _IMAGE.sub(lambda found: found[1] + _embedded(page.parent / html.unescape(found[2])) + found[3], text)
    frame = 'class="study" title="the study" style="width: 100%; height: 90vh"'
    return f'<iframe {frame} srcdoc="{html.escape(text)}"></iframe>'


def _embedded(picture: Path) -> str:
    """A picture as its own address, in short lines: what reads the report's words refuses long ones.

    The report has the PNG itself in its menu; here it is as WebP, the same in every pixel and half as large.
    """
    if picture.suffix in (".svg", ".gif"):  # an animation stays one
        kind, content = {".svg": "svg+xml", ".gif": "gif"}[picture.suffix], picture.read_bytes()
    else:
        kind, content = "webp", _webp(picture)
    return f"data:image/{kind};base64,{base64.encodebytes(content).decode()}"


def _webp(picture: Path) -> bytes:
    from PIL import Image  # not where the workflow only plans, which loads this module

    packed = io.BytesIO()
    with Image.open(picture) as image:
        image.save(packed, "WEBP", lossless=True, method=2, quality=20)
    return packed.getvalue()
