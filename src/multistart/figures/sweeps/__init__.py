"""The pictures of a sweep, one a module; see :mod:`multistart.figures.picture`."""
