"""Instructions of machine code as text."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from multistart.kernels.compiler import assembly
from multistart.kernels.machine_code import MachineCode


def disassembled(made: MachineCode, text: str, name: str, folder: Path, *, alone: bool = True) -> str:
    """The instructions of what is run, alone or with those beside it that the functions of its text share.

    Where there is no tool to read them, of what the compiler makes once more of the text.
    """
    tool = shutil.which("objdump")
    if tool is None:
        return assembly(text, name)
    (folder / "code.o").write_bytes(made.code)
    command = [tool, "--reloc", f"--disassemble={made.symbol}" if alone else "--disassemble", folder / "code.o"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
