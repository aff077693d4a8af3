"""``multistart run``: read a config strictly, then let Snakemake do what it says, and end it cleanly when asked to.

Snakemake's own reader runs Python code in a config that begins with ``__use_yte__: true``. It reads JSON first, and
JSON holds no code: so it is given what was read here, as JSON.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from multistart.config import StudyConfig, read_config
from multistart.config.yaml_files import read_yaml
from multistart.errors import InputError
from multistart.files.cache_folder import ROOM, default_cache, writable

CACHE = Path(".snakemake/cache")
HANDED = Path(".snakemake/multistart")  # where what was read stands, as JSON
GRACE = 5.0  # seconds that Snakemake has to take back what it gave to a cluster, before the rest of its group ends
PATIENCE = 10.0  # seconds that all have to end before they are killed
GOES_ON = "What is finished is kept: the same command goes on from there."
CONFIG, SUPERVISOR = "MULTISTART_CONFIG", "MULTISTART_SUPERVISOR"  # in Snakemake's environment
OF_SNAKEMAKE = ("local", "dryrun", "touch")  # executors that are no plugins
_TAKEN = ("--configfile", "--configfiles", "--snakefile", "-s", "--directory", "-d")


class _Stop(BaseException):
    """A signal asks the run to end."""


def run(config: str, cores: str | None = None, more: Sequence[str] = ()) -> int:
    """Run the study of a config in the current folder; return Snakemake's exit code, or 128 + a signal's number.

    Parameters
    ----------
    cores
        How many may be used, or "all", the default.
    more
        Further arguments for Snakemake, such as ``--dry-run``. A profile that is not found from here, as
        ``profiles/slurm``, is the project's.

    Raises
    ------
    InputError
        The config is wrong, no study can be run here, or an argument is one that this command gives itself.
    """
    return run_study(read_config(config), config, cores, more)


def run_study(study: StudyConfig, source: str, cores: str | None = None, more: Sequence[str] = ()) -> int:
    """Run a study that was read, from where it is said to come; the rest as in :func:`run`."""
    for argument in more:
        if argument.split("=")[0] in _TAKEN:
            raise InputError(f"{argument}: multistart run gives this to Snakemake itself; leave it out")
    command = [sys.executable, "-P", "-m", "snakemake", "--snakefile", str(workflow() / "Snakefile")]
    on = ["--cores", _cores(cores)] if cores else []
    command += ["--configfile", str(_handed(study)), *on, *_found(more)]
    environment = _environment(source)
    code = _supervised(command, environment)
    if code and (full := _full(study, environment)):
        print(f"The disk of {full} is full. Make room; the same command goes on from there.", file=sys.stderr)
    return code


def _full(study: StudyConfig, environment: Mapping[str, str]) -> Path | None:
    """The first folder that a run writes to and that has no room left; also Snakemake's own files are in them."""
    cache = environment.get("XDG_CACHE_HOME", "~/.cache")
    folders = (Path(), Path("results") / study.study, Path("logs") / study.study, Path(cache).expanduser())
    for folder in (*folders, Path(tempfile.gettempdir())):
        if folder.exists() and shutil.disk_usage(folder).free < ROOM:
            return folder.absolute()
    return None


def workflow() -> Path:
    """Return the folder of the project that this package stands in, with the Snakefile and the rules.

    Raises
    ------
    InputError
        The package was installed without it.
    """
    folder = Path(__file__).resolve().parents[3]
    if not (folder / "Snakefile").is_file():
        raise InputError(f"there is no Snakefile in {folder}; studies are run from a clone of the project: make study")
    return folder


def _environment(config: str) -> dict[str, str]:
    """That of Snakemake, which needs a home, a cache that can be written and a name: where there are none, ours."""
    environment = os.environ | {CONFIG: config, SUPERVISOR: str(os.getpid())}
    cache = default_cache()
    if cache is None or not writable(cache):
        environment["XDG_CACHE_HOME"] = str(CACHE.absolute())  # of Snakemake and of all jobs
    if not Path(os.path.expanduser("~")).is_absolute():
        environment["HOME"] = str(CACHE.absolute())
    try:
        getpass.getuser()
    except (KeyError, OSError):  # as in a container with a number for a user
        environment["LOGNAME"] = str(os.getuid())
    return environment


def _found(arguments: Sequence[str]) -> list[str]:
    """Arguments in which the folder of a profile that there is in the project alone is named whole."""
    found = list(arguments)
    for index, argument in enumerate(found):
        option, equals, folder = argument.rpartition("=") if argument.startswith("--profile=") else ("", "", argument)
        of_project = workflow() / folder
        if equals or "--profile" in found[:index][-1:]:
            if not Path(folder).exists() and of_project.is_dir():
                found[index] = f"{option}{equals}{of_project}"
            _check_plugin(folder if Path(folder).exists() else of_project)
    return found


def _check_plugin(profile: Path | str) -> None:
    """Refuse a profile whose plugin is not installed, which Snakemake calls an invalid choice."""
    file = Path(profile) / "profile.yaml"
    said = read_yaml(file) if file.is_file() else {}
    executor = str(said.get("executor", "local")) if isinstance(said, dict) else "local"
    if executor not in OF_SNAKEMAKE and find_spec(f"snakemake_executor_plugin_{executor.replace('-', '_')}") is None:
        ours = (workflow() / f"requirements-{Path(profile).name}.lock").is_file()
        install = f"make {Path(profile).name}" if ours else f"install snakemake-executor-plugin-{executor}"
        raise InputError(f"{file}: executor: {executor} is a plugin of Snakemake that is not installed here; {install}")


def _cores(cores: str) -> str:
    if cores != "all" and not (cores.isascii() and cores.isdecimal() and 0 < int(cores[:9]) <= 10**6):
        raise InputError(f'--cores: got "{cores[:40]}"; give a whole number from 1, or all')
    return cores


def _handed(study: StudyConfig) -> Path:
    """The file that Snakemake is given: named by its content, so that no run changes what another is reading."""
    text = json.dumps(study.resolved(), indent=1)
    file = HANDED / f"{study.study}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    try:
        HANDED.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, file)
    except OSError as error:
        raise InputError(f"no study can be run in {Path.cwd()}: it cannot be written ({error.strerror})") from None
    return file


def _supervised(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command in a process group of its own; when a signal asks for the end, end the whole group."""
    process = None
    try:
        with _signals():
            process = subprocess.Popen(command, env=environment, start_new_session=True)
            code = process.wait()
        if code < 0:  # as by kill -9, or by a system that was short of memory
            print(f"The run was killed by signal {-code}. {GOES_ON}", file=sys.stderr)
        return code if code >= 0 else 128 - code
    except _Stop as stop:
        print("\nStopping the jobs that run.", file=sys.stderr)
        if process is not None:
            _end(process)
        print(f"Stopped. {GOES_ON}", file=sys.stderr)
        return 128 + int(stop.args[0])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end; a second signal, or too long a wait, kills it."""
    with suppress(ProcessLookupError):  # nobody of the group is left
        with suppress(subprocess.TimeoutExpired, _Stop), _signals():
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that ask for the end into an exception."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stop(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
