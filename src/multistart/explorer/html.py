"""The explorer as one file of HTML: layout, style, words, data and program, none of which asks for another file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent  # where explorer.html, explorer.css and texts/ are, which the workflow's rule names too


def html(data: Mapping[str, Any], program: str) -> str:
    """Return the page of some data, see :func:`multistart.explorer.data.page_data`, and of its program.

    What a user typed is in the title, which is escaped, and in JSON, in which no ``<`` stands.
    """
    reader = Environment(autoescape=True, loader=FileSystemLoader(HERE), undefined=StrictUndefined)
    return reader.get_template("explorer.html").render(
        title=data["title"],
        language=data["language"],
        style=Markup((HERE / "explorer.css").read_text(encoding="utf-8")),
        data=Markup(in_script(data)),
        texts=Markup(in_script(texts())),
        program=Markup(program),
    )


def html_without(title: str, why: str) -> str:
    """The page of a function that no ball rolls on, with the reason in a sentence; whatever a user typed is escaped."""
    reader = Environment(autoescape=True, loader=FileSystemLoader(HERE), undefined=StrictUndefined)
    return reader.get_template("without.html").render(title=title, why=why)


def texts() -> dict[str, dict[str, Any]]:
    """The words of the page by language, English first."""
    files = sorted((HERE / "texts").glob("*.json"), key=lambda file: (file.stem != "en", file.stem))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def in_script(content: object) -> str:
    r"""Content as JSON that can stand in a script of HTML: no ``<`` can end it, and no number is other than JSON's.

    >>> print(in_script({"name": "</script>"}))
    {"name":"\u003c/script>"}
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
