"""The summary's Markdown as HTML: its title, what comes before the first heading, and the sections below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

#: A table wider than the page scrolls in a box of its own, which keys reach too.
BOX = '<div class="scroll" tabindex="0" role="region" aria-label="table">\n<table>\n'


@dataclass(frozen=True)
class PageText:
    """The words of a summary: the title as plain text, the lead and the rest as HTML."""

    title: str
    lead: Markup
    rest: Markup


def page_text(markdown: str) -> PageText:
    """Return the words of ``summary.md`` for its page.

    HTML in the text is shown as it was typed, and so are pictures, and links to what is no file of the study.

    >>> text = page_text("# Peaks\\n\\nHalf of **all** starts.\\n\\n## More\\n\\n`x < y`\\n")
    >>> text.title, text.lead, text.rest
    ('Peaks', Markup('<p>Half of <strong>all</strong> starts.</p>\\n'), \
Markup('<h2>More</h2>\\n<p><code>x &lt; y</code></p>\\n'))
    """
    reader = _reader()
    tokens = reader.parse(re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", markdown))
    headings = [i for i, token in enumerate(tokens) if token.type == "heading_open"]
    title = next((i for i in headings if tokens[i].tag == "h1"), None)
    begin = 0 if title is None else title + 3  # opening, words, closing
    first = next((i for i in headings if i >= begin), len(tokens))
    name = "" if title is None else _plain(tokens[title + 1])
    return PageText(name, _html(list(_a_line_a_paragraph(tokens[begin:first]))), _html(tokens[first:]))


def _plain(words: Token) -> str:
    return "".join(part.content for part in words.children or ())


def _a_line_a_paragraph(tokens: Sequence[Token]) -> Iterator[Token]:
    """The same with a paragraph for each line of those that stand alone: a lead has a sentence a line."""
    for token in tokens:
        if token.type != "inline" or token.level != 1:
            yield token
            continue
        lines: list[list[Token]] = [[]]
        for part in token.children or ():
            if part.type == "softbreak" and part.level == 0:
                lines.append([])
            else:
                lines[-1].append(part)
        for number, line in enumerate(lines):
            if number:
                yield from (Token("paragraph_close", "p", -1, block=True), Token("paragraph_open", "p", 1, block=True))
            yield Token("inline", "", 0, children=line)


def _html(tokens: Sequence[Token]) -> Markup:
    reader = _reader()
    return Markup(reader.renderer.render(tokens, reader.options, {}))


class _Reader(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Whether an address leads to a file beside the page."""
        return not re.match(r"/|[^/]*:", url) and super().validateLink(url)


@cache
def _reader() -> _Reader:
    reader = _Reader("commonmark", {"html": False})
    reader.enable("table")
    reader.disable("image")
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    return reader


def _table_open(*_: Any) -> str:
    return BOX


def _table_close(*_: Any) -> str:
    return "</table>\n</div>\n"
