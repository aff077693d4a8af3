"""The pictures of several methods beside each other, one a module; see :mod:`multistart.figures.picture`."""
