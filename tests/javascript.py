"""Programs in JavaScript: the package's own modules in Node, as a browser would run them.

Numbers arrive and return with all their bits: JSON has no nan, no infinity and no negative zero, so those travel under
names, and arrays of doubles as the bytes they are.
"""

from __future__ import annotations

import base64
import json
import math
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

#: Relative imports of a script begin here: ``import { fma } from "./kernels/javascript/ieee.js";``.
SOURCES = Path(__file__).resolve().parent.parent / "src" / "multistart"

_PRELUDE = """
const decode = (key, value) => {
  if (typeof value !== "object" || value === null) return value;
  if ("number" in value) return Number(value.number);
  if (!("float64" in value)) return value;
  return new Float64Array(new Uint8Array(Buffer.from(value.float64, "base64")).buffer);
};
const encode = (key, value) => {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (!(value instanceof Float64Array)) return value;
  return { float64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
};
const give = (result) => process.stdout.write(JSON.stringify({ result }, encode));
const given = JSON.parse(%s, decode);
"""


def run(script: str, *, given: object = None) -> object:
    """What a module of JavaScript hands to its function ``give``, or None where it never calls it.

    In scope are ``given`` and ``give``. Lists, dicts with keys that are strings, strings, numbers and None travel both
    ways with all their bits; a float64 array is a Float64Array there, and flat when it returns. An error of the script
    fails the test with Node's words. Without Node the test is skipped.
    """
    text = _PRELUDE % json.dumps(json.dumps(_encoded(given), allow_nan=False)) + script
    command = [node(), "--input-type=module", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=SOURCES, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_decoded)["result"] if done.stdout else None


@cache
def node() -> str:
    """The path of Node: the one that is installed, or Playwright's own."""
    found = shutil.which("node") or _of_playwright()
    if found is None:
        pytest.skip("there is no Node, so what the explorer computes in JavaScript was not tested")
    return found


def _of_playwright() -> str | None:
    try:
        import playwright
    except ImportError:
        return None
    path = Path(playwright.__file__).parent / "driver" / "node"
    return str(path) if path.exists() else None


def _encoded(value: object) -> object:
    if isinstance(value, np.ndarray):
        return {"float64": base64.b64encode(value.astype("<f8", casting="safe").tobytes()).decode()}
    if isinstance(value, np.generic):
        return _encoded(value.item())
    if isinstance(value, float) and (not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0)):
        return {"number": {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(value), "-0")}
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    return [_encoded(item) for item in value] if isinstance(value, list | tuple) else value


def _decoded(value: dict[str, object]) -> object:
    if value.keys() == {"number"}:
        return float(str(value["number"]).replace("Infinity", "inf"))
    if value.keys() == {"float64"}:
        return np.frombuffer(base64.b64decode(str(value["float64"])), "<f8")
    return value
