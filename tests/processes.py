"""Programs in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys


def run(program: str, *arguments: object, **environment: str) -> str:
    """What a program prints in another interpreter."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300
    ).stdout
