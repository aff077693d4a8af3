"""Tests. What Python compiles of the package and of them is written beside them whatever the environment says.

Else each process that a test starts would compile the package anew, and each worker all tests.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
