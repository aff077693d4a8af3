"""A task of a Slurm array becomes the job that it is for.

Snakemake's plugin starts all tasks of an array with the command of the first, and hands the commands of the others over
in an argument. What starts so looks for the files of the first job when its own is done: where that one failed, or is
slower by more than the wait for files, all the others are called failed, though their files are there: issue 447 of
snakemake-executor-plugin-slurm, open as of version 2.8.0. A task that is replaced by its own command looks for its own
files.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Mapping, Sequence

OPTION = "--slurm-jobstep-array-execs"


def own_command(arguments: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Return the command of the array's task that this process is, for a shell; none where it has it already.

    Parameters
    ----------
    arguments
        Of this process. One holds the commands, by the tasks' numbers but for the first: JSON in base 64, each command
        compressed by zlib, in hexadecimal.
    """
    commands = [argument.partition("=")[2] for argument in arguments if argument.startswith(f"{OPTION}=")]
    try:
        held = json.loads(base64.b64decode(commands[0]))[environment["SLURM_ARRAY_TASK_ID"]]
        return zlib.decompress(bytes.fromhex(held)).decode()
    except (LookupError, ValueError, TypeError, zlib.error):  # no array, the first task, or a later version's form
        return None


def become_own_job(arguments: Sequence[str]) -> None:
    """Replace this process by the array's task that it is, where it began as another."""
    if command := own_command(arguments, os.environ):
        os.execv("/bin/sh", ["sh", "-c", command])
