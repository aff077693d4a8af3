"""What all tests share: one cache of compiled kernels, theirs alone, and what takes long and is made once a run.

The process that hands tests out reads it as well before any worker begins, so what only tests need is imported late.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from tests import browsers

MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_configure(config: pytest.Config) -> None:
    """Put the cache where pytest keeps what lasts; tests, workers and processes that they start compile once each.

    An entry is verified before it is used, and named by all that shapes it, so one that is old is never taken for
    what the sources of today would give. Tests of the cache itself name folders of their own.
    """
    os.environ["XDG_CACHE_HOME"] = str(config.cache.mkdir("caches"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Do not search for garbage in what is loaded; see :func:`pytest_runtestloop`. And let no example be too slow."""
    from hypothesis import settings

    gc.disable()
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Each worker begins with another file: it rewrites the asserts of some, which takes longest, and reads others."""
    report = yield
    if isinstance(collector, pytest.Directory) and "PYTEST_XDIST_WORKER" in os.environ:
        number, workers = os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"), os.environ["PYTEST_XDIST_WORKER_COUNT"]
        first = len(report.result) * int(number) // int(workers)
        report.result = report.result[first:] + report.result[:first]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs of Snakemake first: with the many short tests at the end, no worker waits long for the others."""
    items.sort(key=lambda item: (not item.path.name.startswith("test_workflow"), item.path, type(item).__name__))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what tests have measured, a line each, and in a line what was left out."""
    for report in terminalreporter.stats.get("passed", []):
        for line in (said for name, said in report.user_properties if name == "stated"):
            terminalreporter.write_line(line)
    if said := browsers.left_out():
        terminalreporter.write_line(said)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Search for garbage from here on, but not in what was loaded, which stays: a tenth of the time of all tests.

    And seldom: pictures and formulas that are kept for several tests are most of what there is to look through.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_sessionfinish() -> None:
    """Do not search for garbage where a process ends, which took each worker two seconds."""
    gc.freeze()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """``made_once(name, make)`` is a folder that one worker has made by ``make(folder)``, to be read or copied by all.

    A worker that needs it while another makes it waits. One whose making failed leaves nothing for the others to use.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name / "made", shared / name / "done"
        (shared / name).mkdir(exist_ok=True)
        with open(shared / name / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                done.touch()
        return folder

    return folder_of


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, made_once: MadeOnce) -> Path:
    """A copy of the project in which a small study has run, for the tests of one file."""
    from tests.small_project import run_small_study

    folder = tmp_path_factory.mktemp("project") / "multistart"
    return shutil.copytree(made_once("small study", run_small_study), folder)


@pytest.fixture
def few_pictures(made_once: MadeOnce) -> Iterator[Path]:
    """The project in which a small study has run, which has two pictures, as all studies in this process's forks have;
    to be copied.
    """
    from multistart import figures
    from tests.small_project import FEW_PICTURES, draw_few_pictures, run_small_study

    small = made_once("small study", run_small_study)
    with mock.patch.dict(figures.PICTURES, FEW_PICTURES, clear=True):
        yield made_once("few pictures", partial(draw_few_pictures, small))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 32 starts in this process and its forks."""
    monkeypatch.setattr("multistart.files.parts.PART", 32)


@pytest.fixture
def no_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates without balls of attraction, which take a third of their time, for tests that ask nothing of them.

    For certificates that no other test reads. What is claimed of balls is tested by
    tests/certificates/test_certificate_attraction.py, and of those of random functions by test_certificate_fuzz.py.
    """
    monkeypatch.setattr(
        "multistart.proofs.certification.add_attraction", lambda parts, bounds, points, *, shells: points
    )
