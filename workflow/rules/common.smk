# What all rules share: the checked config, names that paths are built from, and the fingerprint of code.

import os
import sys
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

from snakemake.utils import update_config

from multistart.study import array_task
from multistart.study.settings import (
    boundary_descents,
    drawn_cells,
    flow_of,
    is_lattice,
    is_model,
    proven_methods,
    slice_cells,
    swept_methods,
)
from multistart.study.shape import shape_of, shape_there
from multistart.config import read_config
from multistart.config.yaml_files import read_yaml
from multistart.errors import ConfigError
from multistart.files import parts, results
from multistart.figures import (
    COMPARISONS,
    PICTURES,
    comparisons_of,
    pictures_of,
    sweeps_of,
)
from multistart.files.carried import carry_records
from multistart.files.fingerprint import fingerprint
from multistart.files.whole_files import checksum
from multistart.methods.rate import changes

if not workflow.is_main_process:
    array_task.become_own_job(sys.argv)

DEFAULT = Path("config/config.yaml")
# A config given on the command line stands alone: merged into the default study it would get keys of two objectives.
GIVEN = list(workflow.overwrite_configfiles) or [DEFAULT]
SOURCE = os.environ.get("MULTISTART_CONFIG") or ", ".join(map(str, GIVEN))

try:
    # What Snakemake has read is put aside: its reader lets the last of two equal keys win and takes 010 for 8.
    config.clear()
    for given in map(read_yaml, GIVEN):
        update_config(config, given if isinstance(given, dict) else {"": given})
    update_config(config, dict(workflow.config_settings.config))
    STUDY = read_config(config, SOURCE)
except ConfigError as error:
    sys.exit(
        f"This study cannot be run, nothing was started.\n{error}\nEvery key is explained in config/README.md."
    )

CONFIG = STUDY.resolved()
config.clear()
config.update(CONFIG)  # for jobs, which do not check it again
RESULTS = Path("results") / STUDY.study
# Of this machine; none are named where all jobs are sent away.
CORES = workflow.resource_settings.cores or 1
# Where a storage keeps the results, jobs read and write copies, which come with the records of their checksums.
STORAGE = workflow.storage_registry.default_storage_provider
if STORAGE:
    carry_records(STORAGE.get_storage_object_cls())
    copies = workflow.modifier.path_modifier.apply_default_storage(str(RESULTS))
    config["copies"] = str(copies)
LOGS = Path("logs") / STUDY.study
METHODS = list(CONFIG["methods"])
COMPARED = METHODS[1:]  # each with those before it
PARTS = parts.parts_of(STUDY.count)
PIECES = parts.pieces_of(PARTS, CONFIG["execution"]["shards"])
OF_PART = {
    number: list(pieces)
    for number, pieces in groupby(PIECES, lambda piece: piece.number)
}
# Not all rows stay, of several parts: what may be kept of each is a file, and so what is counted, since a part whose
# rows are gone is to be counted once, also where starts are added.
KEEP = CONFIG["keep"]
SOME_KEPT = KEEP != "all" and len(PARTS) > 1
# Whether there are jobs that label, whose counts are added up.
SEVERAL = not parts.few(PARTS, PIECES, KEEP)
# What a rule of any part, or piece of one, calls it.
A_PART, A_PIECE, MERGED = (
    SimpleNamespace(name=f"{{{word}}}") for word in ("part", "piece", "rows")
)
# Where what is read of all pieces, or of all parts, is merged in a tree: what is left, and what each file is merged of.
ENDS, ENDS_OF = parts.tree(PIECES)
COUNTS, COUNTS_OF = parts.tree(PARTS)
FILES = {method: results.MethodFiles.of(STUDY.study, method) for method in METHODS}
OF_METHOD = results.MethodFiles.of(STUDY.study, "{method}")
FORMATS = CONFIG["figures"]["formats"]
ZOOMS = CONFIG["figures"]["zoom"]
FIT = is_model(STUDY.objective)
OF_FIT = [RESULTS / name for name in results.FIT_TABLES if FIT]
DRAWN = {
    method: pictures_of(
        changes(CONFIG["methods"][method].get("learning_rate")),
        zooms=bool(ZOOMS),
        proven=method in drawn_cells(STUDY),
        fit=FIT,
    )
    for method in METHODS
}
# How many descents may measure boundaries, and what comes of them.
DESCENTS = {method: boundary_descents(STUDY, method, STUDY.count) for method in METHODS}
OF_BOUNDARIES = [
    FILES[method].table(name)
    for method in METHODS
    if DESCENTS[method]
    for name in results.BOUNDARIES
]
# The methods whose shares are proven, and the cells by which they are.
PROVEN = proven_methods(STUDY)
OF_PROVEN = [FILES[method].table(results.PROVEN_CELLS) for method in PROVEN]
BOUNDARIES = {f"<method>/{name}" for name in results.BOUNDARIES}
OF_ZOOMS = [
    f"<method>/zoom/{what}-{number}.parquet"
    for number in range(1, len(ZOOMS) + 1)
    for what in ("map", "boundary")
]
FIRST_METHOD = {METHODS[0]: CONFIG["methods"][METHODS[0]] | {"stopping": "gradient"}}
# What the proof must know of: the method of its pilot, and one that stops in regions of point and state, if any does.
PROOF_METHODS = FIRST_METHOD | {
    method: CONFIG["methods"][method] for method in STUDY.in_regions[:1]
}
ROWS = [OF_METHOD.labelled(part, PARTS) for part in PARTS]
OUTCOMES = [
    str(path.relative_to(OF_METHOD.folder))
    for path in ([OF_METHOD.outcomes] if SOME_KEPT else ROWS)
]
# So many that the record names one file with their checksums in place of each.
LISTED = [OF_METHOD.checksums.name] if len(OUTCOMES) > parts.FAN else []
TABLES = [*OUTCOMES, *LISTED, *results.TABLES]
# The method that the others are compared with besides, where one of several is the gradient flow.
FLOW = flow_of(STUDY)
BESIDE = comparisons_of(flow=FLOW is not None)  # the pictures of all methods
OF_PAIRS = ["comparison.csv", "changes.csv", *(["distortion.csv"] if FLOW else [])]
# The methods that a sweep is of; none in most studies, which then have no rule of one.
SWEPT = swept_methods(STUDY)
OF_SWEEP = [
    FILES[method].swept(name) for method in SWEPT for name in results.SWEEP_TABLES
]
# The pictures of a sweep; an animation is a GIF, whatever the formats of the others.
SWEEP_PICTURES = sweeps_of(len(STUDY.sweep), len(CONFIG["domain"])) if SWEPT else {}
SWEEP_FILES = {
    name: [
        f"figures/{name}.{suffix}"
        for suffix in (["gif"] if picture.moving else FORMATS)
    ]
    for name, picture in SWEEP_PICTURES.items()
}
PAIRS_OF_METHOD = [f"<method>/{name}" for name in OF_PAIRS]
# The starts themselves are neighbours where they are a lattice; rows of more starts than this are not read for it.
LATTICE = (
    is_lattice(STUDY.starts)
    and STUDY.count <= results.LARGEST_LATTICE
    and len(CONFIG["domain"]) <= 2
)
# What each start reached is a file of its own where the outcomes have not all rows, and methods are compared, or a
# boundary is looked for among the starts of several parts.
OF_LATTICE = LATTICE and SEVERAL and any(DESCENTS.values())
REACHED_APART = KEEP != "all" and (bool(COMPARED) or OF_LATTICE)

# The user's own starts were read and checked with the config; their contents decide whether jobs run again.
OWN_STARTS = CONFIG["starts"]["path"] if CONFIG["starts"]["design"] == "file" else None
STARTS_ROWS = STUDY.count if OWN_STARTS else None
STARTS_CHECKSUM = checksum(OWN_STARTS) if OWN_STARTS else None

# So were the data of a fit, of which the numbers decide that it reads: neither the file's time nor its other columns do.
OWN_DATA = CONFIG["objective"].get("data")
DATA_DIGEST = STUDY.objective.digest if OWN_DATA else None

SOURCES = Path(workflow.basedir) / "src"
SCRIPTS = Path(workflow.basedir) / "workflow/scripts"


wildcard_constraints:
    method="|".join(METHODS),
    part=parts.PATTERN,
    piece=parts.PATTERN,
    rows=parts.OF_ROWS,


def problem(*extra):
    """The parts of the config that say what the descents do, each passed singly, so that a change elsewhere
    (a resolution, a tolerance) repeats no descent.

    And what the user's own starts are: a job whose inputs were made anew and then lost is run for that alone.
    """
    scale = ("scale",) if "scale" in CONFIG else ()
    keys = ("study", "objective", *scale, "domain", "arena", "starts", *extra)
    own = {"starts_rows": STARTS_ROWS, "starts_checksum": STARTS_CHECKSUM}
    rows = own if OWN_STARTS else {}
    bounds = ["bounds"] if "bounds" in CONFIG else []
    return {key: CONFIG[key] for key in (*keys, *bounds)} | rows


def problem_apart(starts, *extra):
    """The same of what has nothing to do with where descents start, but for this of `starts`."""
    given = problem(*extra) | {"starts": starts}
    given.pop("starts_checksum", None)
    return given


def one_method(wildcards):
    """The config of one method alone, so that a new method repeats no descent of the others."""
    return {wildcards.method: CONFIG["methods"][wildcards.method]}


def rows_of_part(wildcards):
    """The outcomes of a part, not labelled, in the pieces that jobs descended from.

    Where they do not stay, they are asked for when the minima are known, and by then only of parts that are not labelled
    by these: else all were descended again whenever starts are added.
    """
    if KEEP != "all":
        checkpoints.minima.get()
    pieces = OF_PART[parts.part_named(wildcards.part).number]
    return [FILES[wildcards.method].descended(piece) for piece in pieces]


def libraries_of(wildcards):
    """The versions of SymPy, which writes the formulas, and of what a method of SciPy computes with; rules have
    arithmetic of their own, the same under any."""
    outside = CONFIG["methods"][wildcards.method].get("optimizer") == "scipy"
    return {
        name: version(name)
        for name in ("sympy", *(("numpy", "scipy") if outside else ()))
    }


def what_shapes_rows():
    """The starts but for their number, where a row does not depend on it, so that more starts repeat none of them."""
    starts = dict(CONFIG["starts"])
    if (
        starts["design"] in ("uniform", "sobol", "halton")
        and starts.get("replicates", 1) == 1
    ):
        starts.pop("count")
    return starts


def fine_ends():
    """The tolerance of places where it is so small that distinct ends are told apart by it, else the one that does."""
    tolerance = CONFIG["basins"]["position_tolerance"]
    return {"position_tolerance": min(tolerance, results.ENDS_APART)}


def params_of_rows():
    """What the rule ``descend`` is given, of which all but what is near shapes its rows; some by wildcards."""
    return problem() | {
        "starts": what_shapes_rows(),
        "basins": fine_ends(),
        "methods": one_method,
        "libraries": libraries_of,
        "code": code("descend"),
    }


def expanded(params, method):
    """Parameters of a rule, as a job of a method gets them."""
    wildcards = SimpleNamespace(method=method)
    return {
        name: value(wildcards) if callable(value) else value
        for name, value in params.items()
    }


def kept_if_all(file):
    """A file with a row a start: it stays where all rows are kept, and goes once it was labelled elsewhere."""
    return file if CONFIG["keep"] == "all" else temp(file)


def reached_apart(of_parts):
    """The files of what the starts of some parts reached, where there are any."""
    return (
        {"reached": [OF_METHOD.reached(part) for part in of_parts]}
        if REACHED_APART
        else {}
    )


def up_to(wildcards):
    """The methods of the config up to one: those before it, and itself."""
    return METHODS[: METHODS.index(wildcards.method) + 1]


def proven_cells(wildcards):
    """The cells by which a method's shares are proven, where they are."""
    method = wildcards.method
    return FILES[method].table(results.PROVEN_CELLS) if method in PROVEN else []


def compared(wildcards):
    """What the descents of a part, or of all of a small study, reached, under a method and all before it."""
    name = wildcards.get("part")
    return [
        FILES[method].compared(part, PARTS, CONFIG["keep"])
        for method in up_to(wildcards)
        for part in ([parts.part_named(name)] if name else PARTS)
    ]


def methods_up_to(wildcards):
    """Their configs, in order."""
    return {method: CONFIG["methods"][method] for method in up_to(wildcards)}


def merged_of(path_of, tree):
    """The files that one is merged from, in order."""
    of = {rows.name: cut for rows, cut in tree.items()}
    return lambda wildcards: [
        path_of(FILES[wildcards.method], rows) for rows in of[wildcards.rows]
    ]


def certificate_to_stop(wildcards):
    """The certificate, where a method stops by it."""
    files = FILES[wildcards.method]
    stopping = CONFIG["methods"][wildcards.method]["stopping"]
    return files.certificate if stopping == "certified" else []


def data_table():
    """The checked copy of the data of a fit, where the function is one: every job that knows the function reads it."""
    return RESULTS / "data.parquet" if OWN_DATA else []


def starts_table():
    """The checked copy of the user's own starts, where the design is a file."""
    return RESULTS / "starts.parquet" if CONFIG["starts"]["design"] == "file" else []


def read_by(pictures):
    """The files that pictures are drawn from: of those that they name, those that this study has."""
    named = {file for name in pictures for file in PICTURES[name].reads}
    absent = {"<method>/slice.parquet"} if len(CONFIG["domain"]) <= 2 else set()
    absent |= set() if FIT else set(results.FIT_TABLES)
    zooms = OF_ZOOMS if any(PICTURES[name].of_zooms for name in pictures) else []
    files = sorted((named | set(zooms)) - absent - BOUNDARIES - {"starts.parquet"})
    return {
        "files": [RESULTS / file.replace("<method>", "{method}") for file in files],
        "boundaries": boundaries_of(named),
        "starts": starts_table() if "starts.parquet" in named else [],
    }


def boundaries_of(named):
    """Those of some files that are tables of boundaries, where a method has them."""
    wanted = [name for name in results.BOUNDARIES if f"<method>/{name}" in named]
    return lambda wildcards: [
        FILES[wildcards.method].table(name)
        for name in wanted
        if DESCENTS[wildcards.method]
    ]


def read_of_all(pictures):
    """The files of all methods that pictures of several are drawn from; the first is compared with none before it."""
    return [
        RESULTS / file.replace("<method>", method)
        for file in sorted(
            {file for name in pictures for file in COMPARISONS[name].reads}
        )
        for method in (COMPARED if file in PAIRS_OF_METHOD else METHODS)
        if file != "<method>/slice.parquet" or len(CONFIG["domain"]) > 2
        if file not in BOUNDARIES or DESCENTS[method]
    ]


def written_in(*patterns):
    """Files of the package that are no modules of Python, by patterns, as :func:`code` takes them."""
    found = {file for pattern in patterns for file in SOURCES.glob(pattern)}
    return sorted(str(file.relative_to(SOURCES)) for file in found)


def code(script, *modules):
    """The fingerprint of a script, of what it loads by name, and of the modules that these import, so that an edit of
    any runs its rule again."""
    files = [SCRIPTS / f"{script}.py", *(SOURCES / module for module in modules)]
    return fingerprint(files, SOURCES)


def in_menu(number, name):
    """What the report's menu calls the pictures of a method, or of all: it sorts by names, so its place comes first."""
    return f"{number:0{len(str(len(METHODS)))}} {name}" if COMPARED else name


def method_in_menu(wildcards):
    return in_menu(METHODS.index(wildcards.method) + 1, wildcards.method)


# For each method what shapes its rows, but for a certificate, which a run may yet have to make.
SHAPES = {
    method: shape_of(expanded(params_of_rows(), method), data=DATA_DIGEST)
    for method in METHODS
}
