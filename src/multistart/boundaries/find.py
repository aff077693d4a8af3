"""`find_edges`: where labels meet on a line or a plane, and the map along them."""

from __future__ import annotations

from multistart.boundaries import line
from multistart.boundaries.curves import Edges, trace
from multistart.boundaries.labels import Labels
from multistart.boundaries.lattice import Lattice
from multistart.boundaries.mesh import Mesh
from multistart.boundaries.mosaic import Mosaic, plane


def find_edges(label: Labels, lattice: Lattice, descents: int) -> tuple[Edges, Mosaic]:
    """The edges between labels that a lattice shows, bisected, and the mosaic of cells along them.

    Parameters
    ----------
    lattice
        Of one dimension or two, with codes as ``label`` gives them.
    descents
        How many there may be: a quarter at most for what is finer than the lattice, the others to bisect.
    """
    if lattice.box.dimensions == 1:
        return line.ends(label, lattice, descents)
    mesh = Mesh(lattice)
    mesh.refine(label, descents // 4)
    traced = trace(label, mesh, lattice.box, descents - mesh.descents)
    return traced.edges(), plane(lattice, traced)
