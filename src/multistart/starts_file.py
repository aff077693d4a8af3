"""Names used from outside, where they were first: see :mod:`multistart.starts.file`."""

from multistart.starts.file import pick_starts, read_starts

__all__ = ["pick_starts", "read_starts"]
