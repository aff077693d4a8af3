"""Jobs that share no folder with the run: what they are sent, what is carried back, and what a pod is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

from multistart.study.jobs import logged
from multistart.errors import DamagedError, InputError
from multistart.files.carried import carry_records
from multistart.files.pod_logs import let_logs_be_missing
from multistart.files.sent import MOST, files_to_send, other_package
from multistart.files.whole_files import checksum_file, verify
from multistart.study import Study, storage
from tests import forked_runs
from tests.live_runs import ROOT, RUN, SMALL, differences, results, run, write_config
from tests.plugins import plugins_of
from tests.test_jobs import a_process_of_its_own

SHELF = ROOT / "tests/shelf"
#: Say how long jobs took, where these share a folder.
TIMED = {"summary.md", "summary.html"}
OWN = SMALL | {"starts": {"design": "file", "path": "mine.csv"}, "keep": {"sample": 20}}


class Kept:
    """An object of a storage that keeps bytes by names, and copies in a folder."""

    def __init__(self, query: str, shelf: dict[str, bytes], folder: Path) -> None:
        self.query, self._copy, self._shelf = query, folder / query.rpartition("/")[2], shelf
        self.provider = SimpleNamespace(object=lambda query: type(self)(query, shelf, folder))

    def set_local_path(self, path):
        self._copy = path

    def local_path(self):
        return self._copy

    def exists(self):
        return self.query in self._shelf

    def store_object(self):
        self._shelf[self.query] = self._copy.read_bytes()

    def retrieve_object(self):
        self._copy.write_bytes(self._shelf[self.query])

    def remove(self):
        del self._shelf[self.query]


@pytest.fixture
def kept():
    """A class of such objects, each test its own, whose records are carried."""
    kind = type("Kept", (Kept,), {})
    carry_records(kind)
    return kind


def test_what_a_job_reads_is_what_another_one_wrote(kept, tmp_path):
    """A file goes there and back with its record; what was changed on the shelf is refused, as on a disk."""
    (here := tmp_path / "here").mkdir()
    (there := tmp_path / "there").mkdir()
    shelf: dict[str, bytes] = {}
    storage.write_text(here / "minima.csv", "value\n-6.5\n")
    kept("s3://b/r/minima.csv", shelf, here).store_object()
    assert sorted(shelf) == ["s3://b/r/.minima.csv.sha256", "s3://b/r/minima.csv"]
    copy = kept("s3://b/r/minima.csv", shelf, there)
    copy.retrieve_object()
    assert verify(there / "minima.csv") == verify(here / "minima.csv")
    shelf["s3://b/r/minima.csv"] = b"value\n-6.4\n"
    copy.retrieve_object()
    with pytest.raises(DamagedError, match="not those that were written"):
        verify(there / "minima.csv")
    copy.remove()
    assert shelf == {}


def test_no_file_is_verified_by_the_record_of_another(kept, tmp_path):
    """Where a file comes without a record, that of an older copy goes, there and on the shelf."""
    shelf: dict[str, bytes] = {}
    stored = kept("b/minima.csv", shelf, tmp_path)
    storage.write_text(tmp_path / "minima.csv", "value\n")
    stored.store_object()
    del shelf["b/.minima.csv.sha256"]
    stored.retrieve_object()
    assert not checksum_file(tmp_path / "minima.csv").exists()
    storage.write_text(tmp_path / "minima.csv", "value\n")
    stored.store_object()
    checksum_file(tmp_path / "minima.csv").unlink()
    stored.store_object()
    assert sorted(shelf) == ["b/minima.csv"]


def test_a_job_that_meets_a_damaged_copy_says_where_the_damage_is(tmp_path):
    """The copy goes, so that a repeated job gets a new one; the file in the storage is the user's to delete."""
    path = tmp_path / "minima.csv"
    storage.write_text(path, "value\n-6.5\n")
    path.write_text("value\n-6.4\n")
    a_job = SimpleNamespace(rule="label", log=[str(tmp_path / "log")], wildcards={}, config={"copies": str(tmp_path)})
    with a_process_of_its_own(), pytest.raises(SystemExit, match="delete the file in the storage"), logged(a_job):
        storage.read_csv(path)
    assert not path.exists()


def test_files_of_a_study_are_where_its_copies_are():
    """A stage that is given the files of a method reads and writes below the folder of copies, where there is one."""
    config = SimpleNamespace(study="peaks")
    assert Study(config).files("gd").minima == Path("results/peaks/minima.csv")
    copies = Path(".snakemake/storage/s3/b/results/peaks")
    files = Study(config, copies=copies).files("gd")
    assert (files.minima, files.table("shares.csv")) == (copies / "minima.csv", copies / "gd/shares.csv")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder of a project, which is the current one."""
    for file in ("src/multistart/new.py", "src/multistart/__pycache__/new.pyc", "workflow/rules/a.smk", "mine.csv"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_job_is_sent_all_sources_and_the_users_own_files(project):
    """Also a module that Git does not track yet; no byte code."""
    assert sorted(files_to_send(project, ["mine.csv"])) == ["mine.csv", "src/multistart/new.py", "workflow/rules/a.smk"]


@pytest.mark.parametrize("name", ["../mine.csv", "{project}/mine.csv"])
def test_a_file_that_a_job_could_not_find_is_refused(project, name):
    """A job unpacks what it is sent in another folder."""
    name = name.format(project=project)
    with pytest.raises(InputError, match=re.escape(f"{name}: jobs on other machines find files in")):
        files_to_send(project, [name])


def test_a_file_that_snakemake_would_leave_out_is_refused(project):
    """It warns, and each job would fail."""
    with open("mine.csv", "wb") as file:
        file.truncate(MOST + 1)
    with pytest.raises(InputError, match="make it smaller"):
        files_to_send(project, ["mine.csv"])


def test_a_run_in_another_folder_is_refused(project, monkeypatch):
    """Snakemake sends files of the current folder alone."""
    (project / "elsewhere").mkdir()
    monkeypatch.chdir(project / "elsewhere")
    with pytest.raises(InputError, match="run this in"):
        files_to_send(project, [])


def test_a_job_runs_the_package_that_its_results_are_labelled_with(tmp_path):
    """An image with an older one in it is noticed."""
    assert other_package(ROOT / "src") == ""
    assert f"the one it was sent in {tmp_path}" in other_package(tmp_path)


def test_a_pod_without_a_log_has_failed_and_the_run_goes_on():
    """The log of the container that is there, in place of one before it; a sentence where there is none."""

    class Refused(Exception):
        reason = "Bad Request"

    class CoreV1Api:
        def read_namespaced_pod_log(self, name, namespace, container, previous=False):
            if previous or name != "here":
                raise Refused
            return "what it said"

    let_logs_be_missing(SimpleNamespace(CoreV1Api=CoreV1Api, ApiException=Refused))
    asked = {"namespace": "default", "container": "snakemake", "previous": True}
    assert CoreV1Api().read_namespaced_pod_log(name="here", **asked) == "what it said"
    assert "cannot be read: Bad Request" in CoreV1Api().read_namespaced_pod_log(name="gone", **asked)


class Empty(BaseHTTPRequestHandler):
    """An S3 that holds nothing."""

    def do_HEAD(self):
        self.server.asked.append(self.path)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


@pytest.fixture
def empty_s3():
    """Such a server, and what it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    server.asked = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_profile_of_kubernetes_plans_a_study_in_the_bucket(tmp_path, empty_s3):
    """No cluster is asked to plan; what is there is looked for in the storage, and every stage is to be run."""
    write_config(tmp_path, SMALL)
    keys = {
        "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": f"http://127.0.0.1:{empty_s3.server_port}",
        "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "a",
        "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "b",
        "KUBECONFIG": str(tmp_path / "none"),
    }
    environment = keys | {"PYTHONPATH": f"{ROOT / 'src'}:{plugins_of('kubernetes')}"}
    arguments = ["--snakefile", "Snakefile", "--configfile", str(tmp_path / "c.yaml"), "--dry-run"]
    arguments += ["--profile", "profiles/kubernetes"]
    code, said = forked_runs.snakemake(ROOT, *arguments, **environment)
    assert code == 0, said
    planned = {line.split()[0] for line in said.splitlines() if re.fullmatch(r"\w+ +\d+", line)}
    assert {"descend", "certify", "minima", "estimate", "summarize"} <= planned
    assert {path.split("/")[1] for path in empty_s3.asked} == {"my-bucket"}


def test_the_image_is_made_of_files_that_are_there_and_let_in():
    """Each file that the Dockerfile copies is in the project, and not left out by .dockerignore."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    lines = [line.split()[1:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    copied = [name.removeprefix("./") for line in lines for name in line]
    assert {"requirements.lock", "requirements-kubernetes.lock", "src"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists()
        assert any(fnmatch(name, pattern) for pattern in let_in), name


def test_the_image_holds_the_storage_plugin_of_the_lock():
    """The expression of the Dockerfile takes that entry, with its hashes, and no other."""
    expression = re.search(r"sed -n '(.*?)' requirements", (ROOT / "Dockerfile").read_text())[1]
    found = subprocess.run(
        ["sed", "-n", expression, "requirements-kubernetes.lock"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    assert re.fullmatch(r"snakemake-storage-plugin-s3==[\d.]+( \\\n +--hash=sha256:[0-9a-f]{64})+\n", found)


POD = """
pod=$(mktemp -d "$PODS/XXXXXX")
cp "$1" "$pod/.job"
cd "$pod"
env -i HOME="$pod" PATH="$PATH" XDG_CACHE_HOME="$XDG_CACHE_HOME" PYTHONPATH="$pod/src:$PLUGINS" \\
    setsid sh -c 'sh .job; echo $? > .code' > .said 2>&1 < /dev/null &
echo "$pod"
"""
STATUS = 'case "$(cat "$1/.code" 2> /dev/null)" in "") echo running ;; 0) echo success ;; *) echo failed ;; esac\n'


@pytest.mark.slow
def test_jobs_that_share_no_folder_give_the_same_bytes(tmp_path):
    """Each runs in an empty folder with an environment of its own, and has nothing but what it is sent and the storage.

    With starts of the user's own that no repository tracks. What is damaged in the storage is read by no job.
    """
    clone, here, shelf = tmp_path / "clone", tmp_path / "s", tmp_path / "shelf"
    starts = np.random.default_rng(1).uniform(-3, 3, (200, 2)).tolist()
    for folder in (clone, here):
        write_config(folder, OWN)
        (folder / "mine.csv").write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in starts))
    for name in ("src", "workflow", "profiles", "config"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", clone)
    cache = {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    run(here, **cache, PYTHONPATH=str(clone / "src"))

    plugins = f"{SHELF}:{plugins_of('generic')}"
    (pods := tmp_path / "pods").mkdir()
    for name, text in (("pod", POD), ("status", STATUS)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / name).chmod(0o755)
    away = ["--executor", "cluster-generic", "--jobs", "3", "--seconds-between-status-checks", "1"]
    away += ["--cluster-generic-submit-cmd", str(tmp_path / "pod"), "--cluster-generic-status-cmd"]
    away += [str(tmp_path / "status"), "--job-deploy-sources", "--shared-fs-usage", "none"]
    away += ["--default-storage-provider", "shelf", "--default-storage-prefix", str(shelf)]
    environment = cache | {"PYTHONPATH": f"{clone / 'src'}:{plugins}", "PLUGINS": plugins, "PODS": str(pods)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    said = run(clone, [*RUN[:6], "--", *away], **environment)
    assert f"The results are in the storage: {shelf}/results/s/" in said
    assert set(differences(results(shelf), results(here))) == TIMED
    assert {file.name for file in (clone / "results/s").glob("*")} <= {"pilot.json", ".pilot.json.sha256"}

    proof = shelf / "results/s/certificate.json"
    proof.write_bytes(proof.read_bytes().replace(b"true", b"false", 1))
    run(clone, [*RUN[:6], "--", *away], code=1, **environment)
    logs = "".join(file.read_text() for file in (*pods.glob("*/.said"), clone.with_name("clone.txt")))
    assert "certificate.json is damaged" in logs
    proof.unlink()
    run(clone, [*RUN[:6], "--", *away], **environment)
    assert set(differences(results(shelf), results(here))) == TIMED
