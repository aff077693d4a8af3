"""One cache of compiled kernels for all tests, theirs alone, which the next run finds as this one left it."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Put the cache where pytest keeps what lasts; tests, workers and processes that they start compile once each.

    An entry is verified before it is used, and named by all that shapes it, so one that is old is never taken for
    what the sources of today would give. Tests of the cache itself name folders of their own.
    """
    os.environ["XDG_CACHE_HOME"] = str(config.cache.mkdir("caches"))
