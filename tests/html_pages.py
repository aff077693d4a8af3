"""A page of HTML, read more strictly than a browser does: what is not well formed is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

VOID = {"meta", "img", "br", "hr", "link", "input"}
BLOCKS = {"p", "div", "ul", "ol", "table", "figure", "section", "h1", "h2", "h3", "h4", "pre"}


@dataclass
class Element:
    """An element: its tag, attributes, text with that of all below it, and the elements in it."""

    tag: str
    attributes: dict[str, str]
    above: Element | None = None
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *tags: str) -> list[Element]:
        """The elements below that have one of these tags, in order."""
        found = []
        for child in self.children:
            found += [child] * (child.tag in tags) + child.all(*tags)
        return found

    def within(self, tag: str, **attributes: str) -> bool:
        """Whether an element above has this tag and these attributes."""
        here = self.above
        while here:
            if here.tag == tag and attributes.items() <= here.attributes.items():
                return True
            here = here.above
        return False


class Page(HTMLParser):
    """The elements of a page below ``root``.

    Raises
    ------
    AssertionError
        A tag is not closed, is closed twice, or stands where HTML does not allow it; an attribute is there twice.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        assert text.startswith("<!DOCTYPE html>")
        self.root = self._here = Element("", {})
        self.feed(text)
        self.close()
        assert self._here is self.root, f"<{self._here.tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element."""
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        element = Element(tag, {name: value or "" for name, value in attrs}, self._here)
        assert not (tag in BLOCKS and (self._here.tag == "p" or element.within("p"))), f"<{tag}> in a <p>"
        assert not (tag == "a" and element.within("a")), "a link in a link"
        self._here.children.append(element)
        if tag not in VOID:
            self._here = element

    def handle_endtag(self, tag: str) -> None:
        """Come out of it."""
        assert tag == self._here.tag, f"</{tag}> closes <{self._here.tag}>"
        self._here = self._here.above

    def handle_data(self, data: str) -> None:
        """Give the text to all elements that it is in; bare brackets are refused but in style sheets."""
        if self._here.tag != "style":
            here = self._here
            while here:
                here.text += data
                here = here.above

    def links(self) -> list[str]:
        """What the page refers to outside of itself, in order."""
        return [
            unquote(element.attributes[name])
            for element in self.root.all("a", "img", "link", "script", "iframe", "object", "source")
            for name in ("href", "src", "data")
            if name in element.attributes and not element.attributes[name].startswith("#")
        ]

    def dead_links(self, folder: Path) -> list[str]:
        """The links that lead to no file below a folder."""
        return [link for link in self.links() if not (folder / link).exists()]

    def tables(self) -> list[list[list[str]]]:
        """The texts of all tables, by rows."""
        return [
            [[" ".join(cell.text.split()) for cell in row.all("td", "th")] for row in table.all("tr")]
            for table in self.root.all("table")
        ]
