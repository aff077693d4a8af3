# How a run goes besides its jobs: what Snakemake is kept from, what jobs elsewhere are sent, who holds the study, what is
# tidied before the first job, and what is said after the last.

import shlex
import threading

from snakemake.logging import logger
from snakemake.persistence import PersistenceBase
from snakemake.script import Snakemake
from snakemake.settings.types import SharedFSUsage

from multistart.errors import InputError
from multistart.files import unfinished
from multistart.files.pod_logs import let_logs_be_missing
from multistart.files.sent import files_to_send, other_package
from multistart.files.whole_files import damaged, left_over, remove_crumbs, tidy
from multistart.study import report as report_page
from multistart.study import run_lock, running, terminal

# To tell whether parameters changed, and before its first script, Snakemake loads pandas and asks whether any is a
# table. None of ours is.
if hasattr(PersistenceBase, "_serialize_param_builtin"):
    PersistenceBase._serialize_param = property(
        lambda self: self._serialize_param_builtin
    )


def keep_plain_params(job, params):
    """What a script is given, in place of a method of Snakemake's that takes tables apart."""
    job._params_store, job._params_types = type(params)(toclone=params), {}


if hasattr(Snakemake, "_safely_store_params"):
    Snakemake._safely_store_params = keep_plain_params

if "kubernetes" in sys.modules:  # whose plugin Snakemake has loaded
    let_logs_be_missing(sys.modules["kubernetes"].client)

# Where jobs share no folder with this process, each is sent what it reads before it has any input.
if SharedFSUsage.SOURCES not in workflow.storage_settings.shared_fs_usage:
    if not workflow.is_main_process and (wrong := other_package(SOURCES)):
        sys.exit(wrong)
    if workflow.is_main_process:
        try:
            own = [*filter(None, (OWN_STARTS, OWN_DATA))]
            workflow.configfiles += files_to_send(Path(workflow.basedir), own)
        except InputError as error:
            sys.exit(f"This study cannot be run, nothing was started.\n{error}")

# Snakemake writes the interpreter's path into a shell command as it is; where that would need quotes, its name will do.
if shlex.quote(sys.executable) != sys.executable:
    if ":" in sys.executable:  # which no list of folders can hold
        sys.exit(
            f"No job could be started: give the folder of {sys.executable!r} a name without a colon."
        )
    os.environ.update(
        PATH=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    )
    sys.executable = Path(sys.executable).name

# The lock of the study is taken before any job is planned: a plan that is older than another run is worth nothing.
# Jobs on other machines read this file too, and a dry run or a report needs no lock.
REFUSED = ""
NOT_RUN = "This study is not run, nothing was started."
# What reads a study, or unlocks the folder, and may do so while another run is at work.
BESIDE_A_RUN = """--report --unlock --lint --list --list-rules -l --list-target-rules --lt --dag --rulegraph --filegraph
    --d3dag --summary -S --detailed-summary -D --list-changes --lc --list-untracked --lu --archive"""
if workflow.is_main_process and not workflow.output_settings.dryrun:
    REFUSED = run_lock.take(RESULTS, config=SOURCE)
    options = {argument.partition("=")[0] for argument in sys.argv}
    if REFUSED and not options & set(BESIDE_A_RUN.split()):
        sys.exit(f"{NOT_RUN}\n{REFUSED}")
    if supervisor := os.environ.get("MULTISTART_SUPERVISOR"):
        run_lock.end_with(
            int(supervisor),
            lambda: os._exit(1) if workflow.local_exec else run_lock.interrupt(),
        )

# A terminal sends Ctrl-C to all processes of a run. Jobs let it pass, and are ended by the one that started them;
# where a cluster runs them, Snakemake takes them back itself, and those that it misses end by the lock.
if workflow.is_main_process and not workflow.output_settings.dryrun and not REFUSED:
    if not workflow.output_settings.verbose:
        terminal.show_stages(logger)
    shell.prefix("set -euo pipefail; trap '' INT; ")
    terminal.stop_at_interrupt(
        said="MULTISTART_SUPERVISOR" in os.environ,
        elsewhere=lambda: not workflow.local_exec,
    )
WITHOUT_HOOKS = {"--no-hooks", "--delete-all-output", "--delete-temp-output"}


def tidy_results():
    """Remove what killed jobs left and what is damaged, so that it is made anew; a dry run only says what is damaged.

    Jobs on a cluster read this file too, while others write; and so does a run that is refused.
    """
    if not workflow.is_main_process or REFUSED:
        return
    if workflow.output_settings.dryrun:
        said = [f"{error} A run makes it anew." for error in damaged(RESULTS)]
    else:
        said = tidy(RESULTS)
        for files in FILES.values():
            files.clear_outcomes(PARTS, KEEP)
            if CONFIG["starts"]["design"] == "jittered_grid":
                unfinished.set_aside(files, PIECES, CONFIG["starts"]["per_cell"])
    for sentence in said:
        print(sentence, file=sys.stderr)


def clear_unfinished():
    """Remove rows that were kept for pieces which are written by now; called when no job runs."""
    for method, files in FILES.items():
        shape = shape_there(SHAPES[method], CONFIG["methods"][method], RESULTS)
        unfinished.clear(files, PIECES, shape, rows_stay=KEEP == "all")


def begin():
    """Stop where another run of the study holds the lock, else leave the config for others to read, who ask how far
    the study is; called when jobs are about to start."""
    writes = workflow.is_main_process and not workflow.output_settings.dryrun
    if said := REFUSED or (
        running.leave(RESULTS, CONFIG, STARTS_ROWS, SHAPES) if writes else ""
    ):
        sys.exit(f"{NOT_RUN}\n{said}")


if WITHOUT_HOOKS & set(sys.argv):
    begin()


def say_what_is_left():
    """Name the files of earlier configs, which lie beside those of this study and are no part of it."""
    own = [*rules.all.input, RESULTS / "summary.html", RESULTS / pilot.NAME]
    own += [starts_table()] if OWN_STARTS else []
    own += [data_table()] if OWN_DATA else []
    for method, files in FILES.items():
        shape = shape_there(SHAPES[method], CONFIG["methods"][method], RESULTS)
        own += unfinished.of_others(files, PIECES, shape)
        own += [
            make(piece) for make in (files.descended, files.ends) for piece in PIECES
        ]
        own += [files.at_rest, files.orbits] if SEVERAL else []
        own += map(files.ends, ENDS_OF)
        own += map(files.counts, [*PARTS, *COUNTS_OF]) if SEVERAL else []
        own += map(files.kept, [*PARTS, *COUNTS_OF]) if SOME_KEPT else []
        own += map(files.reached, PARTS) if REACHED_APART else []
    for files in map(FILES.get, COMPARED):
        own += [files.table(name) for name in OF_PAIRS]
        own += map(files.pairs, [*PARTS, *COUNTS_OF]) if SEVERAL else []
    own += OF_SWEEP
    for files in map(
        FILES.get, SWEPT
    ):  # values that are not in the list now are kept for when they are again
        own += [*files.values.glob("*"), *files.value_counts.glob("*")]
    if len(CONFIG["domain"]) > 2:
        own += [RESULTS / method / "slice.parquet" for method in METHODS]
    own += [
        RESULTS / file.replace("<method>", method)
        for method in METHODS
        for file in OF_ZOOMS
    ]
    if left := left_over(RESULTS, own):
        more = f" and {len(left) - 12} more" if len(left) > 12 else ""
        print(
            f"{RESULTS}/ also holds files of an earlier config, which are no part of this study: "
            f"{', '.join(left[:12])}{more}. Delete them if you do not need them.",
            file=sys.stderr,
        )


def end_at_once():
    """Cancel the clocks by which Snakemake counts jobs a second: it would wait for them when no job runs any more."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


def print_summary():
    """Show the sentences at the head of the summary, and where the rest is, at the end of a run."""
    if STORAGE:
        where = f"{workflow.storage_settings.default_storage_prefix}/{RESULTS}"
        print(f"\nThe results are in the storage: {where}/", file=sys.stderr)
        return
    summary = Path(RESULTS) / "summary.md"
    if summary.exists():
        sentences = summary.read_text(encoding="utf-8").partition("\n## ")[0]
        print(
            f"\n{sentences}\nOpen {RESULTS}/summary.html: words, pictures and tables on one page. "
            f"{RESULTS}/explore.html is to play with: click, and a ball rolls from there.",
            file=sys.stderr,
        )


def opening_of_report():
    """What the report opens with, called by workflow/report/opening.rst."""
    return report_page.opening(RESULTS / "summary.html")


tidy_results()
