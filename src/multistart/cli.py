"""The console command ``multistart``: what functions there are, what a study would do, and running it."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from multistart.errors import InputError, MultistartError, WriteError, one_of, shown
from multistart.files.whole_files import whole
from multistart.functions import catalogue
from multistart.functions.expressions import FUNCTIONS
from multistart.study.extend import extend
from multistart.study.run import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 where the input was refused, 130 after Ctrl-C, or the exit code of a run."""
    own, more = _split(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not own:
        parser.print_help(sys.stderr)
        parser.exit(2)
    given = parser.parse_args(own)
    try:
        if given.command == "run":
            return run(given.config, given.cores, more)
        if given.command == "extend":
            return extend(given.study, count=given.count, per_cell=given.per_cell, cores=given.cores, more=more)
        if more:
            raise InputError(f"what follows -- is for Snakemake, which {given.command} does not call")
        print(given.run(given))
    except MultistartError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"multistart {given.command}: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def functions(name: str | None = None) -> str:
    """The catalogue as text: formula, domain and known minima of one function, or a line for each."""
    if name is None:
        lines = [f"{key:24} {_size(entry):6} {entry.title}" for key, entry in catalogue.ENTRIES.items()]
        head = f"{'name':24} {'d':6} title"
        return "\n".join([head, *lines, "", "`multistart functions NAME` shows formula, domain, minima and source."])
    entry = catalogue.find(name)
    d = catalogue.dimensions_of(entry, None)
    box = ", ".join(f"{v}: [{a:g}, {b:g}]" for v, (a, b) in zip(entry.variables(d), entry.domain(d), strict=True))
    minima = [f"  f = {value:.10g} at ({', '.join(f'{x:.10g}' for x in point)})" for point, value in entry.minima(d)]
    size = f"{d} (scalable; shown for {d})" if entry.dimensions is None else str(d)
    return "\n".join(
        [
            f"{name}: {entry.title}",
            f"dimensions: {size}",
            f"formula: {entry.formula(d)}",
            f"domain: {{{box}}}",
            "known minima:",
            *minima,
            f"source: {entry.source}",
        ]
    )


def methods(name: str | None = None) -> str:
    """The update rules and schedules as text: all that is known of one, or a line for each."""
    from multistart.methods.listing import listed

    return listed(name)


def check(path: str) -> str:
    """What the study of a config would do and roughly cost; its pilot is kept beside its results."""
    from multistart.study.check import check as checked

    return checked(path)


def progress(named: str, rows: str | None = None, *, json: bool = False) -> str:
    """How far a study is that is being run, or was stopped, and what its shares are so far; nothing is written."""
    from multistart.study.progress_words import progress as said

    return said(named, rows, json=json)


def page(path: str, output: str | None = None) -> str:
    """Write the explorer of a config's function and methods, without running the study; return where it is.

    Raises
    ------
    ConfigError
        The config is wrong.
    InputError
        The page cannot be written where it is to be, or the data have too many rows for one.
    """
    from multistart.explorer.rules import why_no_page
    from multistart.study import load_study  # SymPy, FLINT and Numba, as a check
    from multistart.study.explore import contents_of_config, explorer

    study = load_study(path)
    if why := why_no_page(study.objective):
        raise InputError(
            f"{path}: {why[0].lower()}{why[1:]} Give fewer rows, or run the study, which draws its pictures"
        )
    file = Path(output or f"{study.name}.html")
    with _page_file(file):  # refused before the work
        content = explorer(study, contents_of_config(study))
        with whole(file, recorded=False) as stream:
            stream.write(content.encode())
    return f"{file}: open it in a browser; it needs no network ({len(content.encode()) / 1000:.0f} kB)"


@contextmanager
def _page_file(file: Path) -> Iterator[None]:
    """A page is to be written, and can be: there is a folder for it that takes files, or can be made."""
    try:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        file.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=file.parent).close()
        yield
    except OSError as error:
        reason = error.__cause__ if isinstance(error, WriteError) else error
        why = getattr(reason, "strerror", None) or reason
        raise InputError(f"{file} cannot be written: {why}; give another file, as in --output page.html") from None


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is before ``--``, for this command, and what follows, for Snakemake."""
    own = list(arguments)
    at = own.index("--") if "--" in own else len(own)
    return own[:at], own[at + 1 :]


def _size(entry: catalogue.Entry) -> str:
    return str(entry.dimensions) if entry.dimensions is not None else f"{entry.minimum_dimensions}+"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="multistart",
        description="From where does a descent method reach which minimum, and how large is each basin?",
        epilog=_EXAMPLES,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=14),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command", title="commands")
    _add_run(commands)
    _add_extend(commands)
    _add_check(commands)
    _add_progress(commands)
    _add_page(commands)
    _add_functions(commands)
    _add_methods(commands)
    return parser


_CONFIG = "the file that describes the study, as config/config.yaml; every key is explained in config/README.md"
_CORES = "how many cores to use: a number, or all, the default"
_EXAMPLES = """\
for a start:
  multistart functions peaks           a function that is ready to use: formula, domain, minima, source
  multistart check config/config.yaml  is the config right, and how long will the study take?
  multistart page config/config.yaml   a page to play with: click, and a ball rolls
  multistart run config/config.yaml    run it; tables, pictures and summary.md are in results/<study>/
  multistart extend NAME --count N     more starts of a study that has run, which descends from the new ones alone
  multistart progress peaks            how far it is, from another terminal: shares so far, and the time left

`multistart COMMAND --help` says more of each.
"""


class _Parser(argparse.ArgumentParser):
    """Says what was perhaps meant, and how to go on, in the line that refuses an argument."""

    def error(self, message: str) -> NoReturn:
        if (word := re.search(r"invalid choice: '(.*?)'", message)) is not None:
            message = one_of(word[1], ("run", "extend", "check", "progress", "page", "functions", "methods"))
        self.exit(2, f"{self.prog}: {shown(message)}; see {self.prog} --help\n")


def _add_run(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "run",
        help="run a study in the current folder, or take it up where it was",
        usage="multistart run CONFIG [--cores N] [-- ARGUMENTS OF SNAKEMAKE]",
        description="Run the study of a config. Its results go to results/<study>/ in the current folder, summary.md "
        "first. Only what a change of the config touches is run again; after Ctrl-C, the same command goes on.",
        epilog="What follows -- is given to Snakemake: `multistart run config/config.yaml -- --dry-run` shows what "
        "would be run. The exit code is 0, 2 where the config was refused, or Snakemake's.",
    )
    parser.add_argument("config", metavar="CONFIG", help=_CONFIG)
    parser.add_argument("--cores", metavar="N", help=_CORES)


def _add_extend(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "extend",
        help="give a study that has run more starts, from which alone it descends",
        usage="multistart extend STUDY (--count N | --per-cell N) [--cores N] [-- ARGUMENTS OF SNAKEMAKE]",
        description="Run a study with more starts: those that there are stay, and what is computed of them is not "
        "repeated. The tables are those of a study that had so many from the beginning, byte for byte. A larger number "
        "in the config and `multistart run` do the same.",
        epilog="Not possible of a grid, a Latin hypercube, replicates or a file, whose starts would be others. The "
        "exit code is 0, 2 where the extension was refused, or Snakemake's.",
    )
    parser.add_argument("study", metavar="STUDY", help="its name, as in results/NAME/, or its config")
    parser.add_argument("--count", metavar="N", help="how many starts it is to have in all: uniform, sobol, halton")
    parser.add_argument("--per-cell", metavar="N", help="how many each cell is to have in all: jittered_grid")
    parser.add_argument("--cores", metavar="N", help=_CORES)


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "check",
        help="say whether a config is right, what its study would do, and how long that takes",
        description="Read a config and say what its study would do: how many starts and jobs, about how many steps, "
        "seconds and megabytes, what each job asks for where a cluster runs it, and when one should. It descends from "
        "a few hundred starts, and keeps what they cost in results/<study>/pilot.json. Nothing else is written.",
        epilog="The exit code is 0, or 2 where the config was refused.",
    )
    parser.add_argument("config", metavar="CONFIG", help=_CONFIG)
    parser.set_defaults(run=lambda given: check(given.config))


def _add_progress(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "progress",
        help="say how far a study is that is being run: its shares so far, and about how long it still takes",
        description="Read what is finished of a study that is being run in the current folder, or was stopped, and say "
        "how far it is: for each method the shares so far, with what they say of the whole study, and about how long "
        "the descents still take. Nothing is written, and the run is not disturbed.",
        epilog="docs/intervals.md derives the intervals. The exit code is 0, or 2 where there is no such study.",
    )
    parser.add_argument("study", metavar="STUDY", help="the name of the study, or its config file")
    parser.add_argument(
        "--rows", metavar="N", help="how many starts of a method to count at most, about: a number, or all; 2 million"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.set_defaults(run=lambda given: progress(given.study, given.rows, json=given.json))


def _add_page(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "page",
        help="make a page on which a click drops a ball that rolls by the rule one chooses, without running the study",
        description="Make the explorer of a config: one file of HTML, to be opened in a browser without a network, "
        "with the function, what is proven of its minima within a few seconds, and its methods. A study that is run "
        "makes one with its basins, results/<study>/explore.html.",
        epilog="The exit code is 0, or 2 where the config was refused or the file cannot be written. A file that is "
        "there is replaced.",
    )
    parser.add_argument("config", metavar="CONFIG", help=_CONFIG)
    parser.add_argument(
        "--output", metavar="FILE", help="where to write it; <study>.html in the current folder, by default"
    )
    parser.set_defaults(run=lambda given: page(given.config, given.output))


def _add_functions(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "functions",
        help="list the functions that are ready to use, or show one",
        description="List the functions that a config may name, or show one with formula, domain, minima and source.",
        epilog="In a config: objective: {name: peaks}. A formula of your own is objective: {expression: "
        '"x**2 + a*y**4", variables: [x, y], parameters: {a: 2}}, with a domain; it may use + - * / **, pi, e, '
        f"{', '.join(FUNCTIONS)}. A fit is objective: "
        '{model: "b1*(1 - exp(-b2*x))", data: data/misra1a.csv, response: y, variables: [b1, b2]}, with a domain.',
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the one to show, as peaks; all in a list without it")
    parser.set_defaults(run=lambda given: functions(given.name))


def _add_methods(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "methods",
        help="list the update rules and schedules, or show one",
        description="List the update rules and schedules that a config may name, or show one with formula, "
        "hyperparameters, limits, source, and how libraries differ.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the one to show, as adam; all in a list without it")
    parser.set_defaults(run=lambda given: methods(given.name))


if __name__ == "__main__":
    sys.exit(main())
