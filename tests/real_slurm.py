"""A Slurm of two nodes on this machine, with daemons of its own: no service, no cgroup, no account, no file outside.

What runs there is real: Slurm's own controller, node daemons, queue and commands. The nodes share the machine's name,
processors and files.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "scancel", "sinfo", "squeue", "scontrol")
PATIENCE = 60.0  # seconds for a daemon to answer
SBIN = "/usr/sbin:/sbin"
CONF = """\
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/state/%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmdParameters=config_overrides
PlugStackConfig={folder}/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
ReturnToService=2
MinJobAge=600
KillWait=5
"""


def missing() -> list[str]:
    """The programs of a Slurm that this machine has not."""
    return [name for name in NEEDED if not shutil.which(name, path=_path())]


@contextmanager
def slurm(folder: Path, nodes: int = 2, cpus: int = 8) -> Iterator[dict[str, str]]:
    """Run a Slurm whose files lie in a folder; what its commands need in the environment."""
    folder.mkdir(mode=0o755, parents=True)
    (folder / "state").mkdir()
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder}/bin:{_path()}"}
    _configure(folder, nodes, cpus)
    daemons = []
    try:
        munge = f"munged --foreground --force --num-threads=2 --key-file={folder}/munge.key --seed-file={folder}/seed"
        munge += f" --socket={folder}/munge.socket --pid-file={folder}/munge.pid --log-file={folder}/munge.log"
        commands = [munge, "slurmctld -D -c", *(f"slurmd -D -N node{number}" for number in range(1, nodes + 1))]
        for command in commands:
            with (folder / f"{len(daemons)}.txt").open("w") as said:
                daemon = subprocess.Popen(command.split(), env=environment, stdout=said, stderr=said)
            daemons.append(daemon)
            if len(daemons) == 1:
                _until((folder / "munge.socket").exists)
        _until(lambda: answer("sinfo -h -N -o %T", environment).split() == ["idle"] * nodes)
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        _kill_all(folder)
        for daemon in daemons:
            daemon.wait(PATIENCE)


def answer(command: str, environment: dict[str, str]) -> str:
    """What one of Slurm's commands says."""
    return subprocess.run(command.split(), env=environment, capture_output=True, text=True).stdout


def _kill_all(folder: Path) -> None:
    """End what is left of daemons and jobs: those of a node that was said to be down are nobody's any more."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            steps = process.name() == "slurmstepd"  # which has no environment to be seen, but a node's log
            its_own = steps and any(file.path.startswith(f"{folder}/") for file in process.open_files())
            if its_own or process.environ().get("SLURM_CONF") == f"{folder}/slurm.conf":
                process.kill()


def _configure(folder: Path, nodes: int, cpus: int) -> None:
    host = socket.gethostname().split(".")[0]
    ports = _free_ports(nodes + 1)
    lines = [CONF.format(host=host, user=getpass.getuser(), folder=folder, port=ports[0])]
    for number, port in enumerate(ports[1:], 1):
        place = f"NodeName=node{number} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
        lines.append(f"{place} CPUs={cpus} RealMemory=6100 State=UNKNOWN\n")
    lines.append("PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n")
    (folder / "slurm.conf").write_text("".join(lines))
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    (folder / "plugstack.conf").write_text("")
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    # A job of Snakemake's has no SLURM_CONF any more when it calls srun; elsewhere the file lies where srun looks.
    (folder / "bin").mkdir()
    srun = folder / "bin/srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)


def _free_ports(count: int) -> list[int]:
    with_ports = [socket.socket() for _ in range(count)]
    try:
        for each in with_ports:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in with_ports]
    finally:
        for each in with_ports:
            each.close()


def _path() -> str:
    return f"{os.environ['PATH']}:{SBIN}"


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "Slurm did not come up"
        time.sleep(0.1)
