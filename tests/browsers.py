"""The browser that pages are tried in: one that this machine has, for none is loaded with the project."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

PLACES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
SOUGHT = "chromium, chromium-browser or google-chrome"


@cache
def chromium() -> str | None:
    """The program: what the variable ``CHROMIUM`` names, else the first that is at a usual place and runs."""
    named = os.environ.get("CHROMIUM") or None
    found = map(shutil.which, PLACES if named is None else [named])
    return next((path for path in found if path and _runs(path)), None)


def left_out() -> str | None:
    """What a run of all tests does not try for want of a browser, in a line."""
    if chromium():
        return None
    named = os.environ.get("CHROMIUM") or None
    why = f"there is no {SOUGHT}" if named is None else f"CHROMIUM={named} is no browser that runs"
    return f"left out: all tests of pages in a browser (tests/browser); {why}"


def _runs(path: str) -> bool:
    """Whether it says its version; Ubuntu's package is a stand-in that does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
