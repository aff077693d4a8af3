"""The pictures of a study, one module each in ``gallery/``: from a scene to a figure.

:data:`PICTURES` is what they say of themselves. The workflow plans with it, so no library is loaded for it;
:mod:`multistart.figures.drawing` loads Matplotlib and draws.
"""

from __future__ import annotations

from pathlib import Path

from multistart.figures.picture import Picture, declared

GALLERY = Path(__file__).parent / "gallery"

_DECLARED = {file.stem: declared(file) for file in sorted(GALLERY.glob("*.py")) if file.stem != "__init__"}
#: In the order of reading.
PICTURES: dict[str, Picture] = dict(sorted(_DECLARED.items(), key=lambda item: item[1].place))


def pictures_of(changing_rate: bool) -> dict[str, Picture]:
    """The pictures that a method has, which are more where its learning rate changes, in the order of reading."""
    return {name: picture for name, picture in PICTURES.items() if changing_rate or picture.kind != "schedule"}


__all__ = ["GALLERY", "PICTURES", "Picture", "pictures_of"]
