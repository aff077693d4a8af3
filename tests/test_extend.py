"""`multistart extend`: the study of more starts, byte for byte, without what is there being done again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from multistart.cli import main
from multistart.files import parts
from multistart.study import descend, storage
from multistart.study import run as running
from tests import forked_runs

FIVE = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
CONFIG: dict[str, Any] = {
    "study": "more",
    "objective": {"name": "peaks"},
    "starts": {"design": "sobol", "count": 70, "seed": 1},
    "methods": {"gd": FIVE | {"max_steps": 100}},
    "boundary": {"descents": 0},
    "figures": {"dpi": 40, "formats": ["png"]},
}
TWO = {"methods": CONFIG["methods"] | {"five": FIVE}}
GRID = {"design": "jittered_grid", "per_axis": 5, "seed": 3}
SAMPLE = {"sample": 20}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which studies run in forks, in parts of 32 starts; how many rows descend is written down."""
    monkeypatch.setattr(parts, "PART", 32)
    plain = descend._Job._descended

    def counted(self: Any, rows: Any, starts: Any, progress: Any) -> Any:
        with (tmp_path / "descents.txt").open("a") as file:
            file.write(f"{len(starts)}\n")
        return plain(self, rows, starts, progress)

    def supervised(command: list[str], environment: dict[str, str]) -> int:
        code, said = forked_runs.snakemake(Path.cwd(), "results/more/study.json", *command[4:])
        (tmp_path / "said.txt").write_text(said)
        return code

    monkeypatch.setattr(descend._Job, "_descended", counted)
    monkeypatch.setattr(running, "_supervised", supervised)
    return tmp_path


def called(folder: Path, patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command in a folder, for the tables and the record alone; the number of starts that descended."""
    folder.mkdir(exist_ok=True)
    patch.chdir(folder)
    (folder.parent / "descents.txt").write_text("")
    assert main(list(arguments)) == 0, (folder.parent / "said.txt").read_text()
    return sum(map(int, (folder.parent / "descents.txt").read_text().split()))


def written(folder: Path, **changes: Any) -> None:
    """Write the config of a study."""
    folder.mkdir(exist_ok=True)
    (folder / "c.yaml").write_text(yaml.safe_dump(CONFIG | changes))


def tables(folder: Path) -> dict[str, str]:
    """The checksums of what a study says, all tables and its record, as they are on disk."""
    results = folder / "results/more"
    record = json.loads((results / "study.json").read_text())
    found = {name: storage.checksum(results / name) for name in record["checksums"]}
    assert found == record["checksums"]
    summary = re.sub(r"took [\d.]+ s", "", (results / "summary.md").read_text())
    return found | {"summary": summary, "record": (results / "study.json").read_text()}


CASES = [
    ("sobol, all", {"starts": CONFIG["starts"]} | TWO, 230, 160 * 2),
    ("uniform, none", {"starts": CONFIG["starts"] | {"design": "uniform"}, "keep": "none"}, 230, 160 + 6),
    ("halton, sample", {"starts": CONFIG["starts"] | {"design": "halton"}, "keep": SAMPLE} | TWO, 230, (160 + 6) * 2),
    ("jittered grid", {"starts": GRID}, 3, 50),
]


@pytest.mark.parametrize(
    ("changes", "wanted", "descents"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_extending_gives_what_running_at_once_gives(
    changes: dict[str, Any], wanted: int, descents: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Across the ends of parts, every table and the record has the same bytes, whatever rows are kept; and it descends
    from the new starts alone, and from those of a short last part whose rows are gone.
    """
    key = "per_cell" if "per_axis" in changes["starts"] else "count"
    written(project / "grown", **changes)
    called(project / "grown", monkeypatch, "run", "c.yaml")
    option = f"--{key.replace('_', '-')}"
    assert called(project / "grown", monkeypatch, "extend", "more", option, str(wanted)) == descents
    written(project / "once", **changes | {"starts": changes["starts"] | {key: wanted}})
    called(project / "once", monkeypatch, "run", "c.yaml")
    grown, once = tables(project / "grown"), tables(project / "once")
    assert grown == once
    called(project / "grown", monkeypatch, "run", str(project / "once/c.yaml"))
    assert "Nothing to be done" in (project / "said.txt").read_text()
