"""The pictures of a study, one module each in ``gallery/``, ``comparisons/`` and ``sweeps/``: from a scene to a figure.

:data:`PICTURES`, those of each method, :data:`COMPARISONS`, those of all methods beside each other, and :data:`SWEEPS`,
those of a method where a number is swept, are what they say of themselves. The workflow plans with it, so no library
is loaded for it; :mod:`multistart.figures.drawing` loads Matplotlib and draws.
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
SWEEPS = _declared_in(GALLERY.parent / "sweeps")


def pictures_of(
    changing_rate: bool, zooms: bool = False, proven: bool = False, fit: bool = False
) -> dict[str, Picture]:
    """The pictures that a method has, in the order of reading.

    There are more where its rate changes, parts are drawn large, shares are proven in one or two dimensions, or the
    function is a fit to data.
    """
    return {
        name: picture
        for name, picture in PICTURES.items()
        if (changing_rate or not picture.of_schedule)
        and (zooms or not picture.of_zooms)
        and (proven or not picture.of_proven)
        and (fit or not picture.of_fit)
    }


def comparisons_of(*, flow: bool) -> dict[str, Picture]:
    """The pictures of several methods, which are more where one is the gradient flow, in the order of reading."""
    return {name: picture for name, picture in COMPARISONS.items() if flow or not picture.of_flow}


def sweeps_of(numbers: int, dimensions: int) -> dict[str, Picture]:
    """The pictures of a sweep of one number or two, of a function of so many dimensions, in the order of reading."""
    return {
        name: picture
        for name, picture in SWEEPS.items()
        if picture.of_plane == (numbers > 1) and dimensions in (picture.dimensions or (dimensions,))
    }


__all__ = ["COMPARISONS", "GALLERY", "PICTURES", "SWEEPS", "Picture", "comparisons_of", "pictures_of", "sweeps_of"]
