"""The pictures of a study, one module each in ``gallery/`` and ``comparisons/``: from a scene to a figure.

:data:`PICTURES`, those of each method, and :data:`COMPARISONS`, those of all methods beside each other, are what they
say of themselves. The workflow plans with it, so no library is loaded for it;
:mod:`multistart.figures.drawing` loads Matplotlib and draws.
"""

from __future__ import annotations

from pathlib import Path

from multistart.figures.picture import Picture, declared

GALLERY = Path(__file__).parent / "gallery"


def _declared_in(folder: Path) -> dict[str, Picture]:
    """In the order of reading."""
    found = {file.stem: declared(file) for file in sorted(folder.glob("*.py")) if file.stem != "__init__"}
    return dict(sorted(found.items(), key=lambda item: item[1].place))


PICTURES = _declared_in(GALLERY)
COMPARISONS = _declared_in(GALLERY.parent / "comparisons")


def pictures_of(changing_rate: bool) -> dict[str, Picture]:
    """The pictures that a method has, which are more where its learning rate changes, in the order of reading."""
    return {name: picture for name, picture in PICTURES.items() if changing_rate or not picture.of_schedule}


__all__ = ["COMPARISONS", "GALLERY", "PICTURES", "Picture", "pictures_of"]
