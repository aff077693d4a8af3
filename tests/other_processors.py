"""Compilations for another processor, in a fork: without the second that an interpreter of their own takes to start."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from numba.core import config
from numba.core.codegen import JITCPUCodegen
from numba.core.registry import cpu_target


def made_for(processor: str, features: str, make: Callable[[], str], folder: Path) -> str:
    """What a function makes where Numba compiles for such a processor, as ``NUMBA_CPU_NAME`` asks for.

    In a fork, since functions that are called from compiled code would stay as they were compiled for that processor.
    """
    file = folder / "made"

    def body() -> None:
        config.CPU_NAME, config.CPU_FEATURES = processor, features
        cpu_target.target_context._internal_codegen = JITCPUCodegen(f"for {processor}")
        file.write_text(make())

    fork = get_context("fork").Process(target=body)
    fork.start()
    fork.join()
    assert fork.exitcode == 0
    return file.read_text()
