"""multistart: from where does a descent method reach which minimum?

One config file makes one study: shards of starts descend, their ends become minima, every start gets a
label, and tables, pictures and a summary come out in results/<study>/. The rules stand in workflow/rules/.
"""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/run.smk"


report: "workflow/report/opening.rst"


rule all:
    """Everything that a study gives: tables, pictures, summary and record."""
    input:
        RESULTS / "summary.md",
        RESULTS / "study.json",
        RESULTS / "explore.html",
        RESULTS / "minima.csv",
        RESULTS / "critical_points.csv",
        RESULTS / "certificate.json",
        [RESULTS / name for name in OF_PAIRS if COMPARED],
        OF_SWEEP,
        OF_FIT,
        expand(RESULTS / "{method}/{table}", method=METHODS, table=TABLES),
        OF_BOUNDARIES,
        OF_PROVEN,
        expand(
            RESULTS / "figures/{name}.{format}",
            name=BESIDE if COMPARED else [],
            format=FORMATS,
        ),
        [
            expand(
                RESULTS / "{method}/figures/{name}.{format}",
                method=method,
                name=DRAWN[method],
                format=FORMATS,
            )
            for method in METHODS
        ],
        [
            RESULTS / method / file
            for method in SWEPT
            for files in SWEEP_FILES.values()
            for file in files
        ],
    localrule: True


include: "workflow/rules/descents.smk"
include: "workflow/rules/tables.smk"


if FIT:

    include: "workflow/rules/fit.smk"


include: "workflow/rules/comparison.smk"
include: "workflow/rules/boundary.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/explore.smk"


if SWEPT:

    include: "workflow/rules/sweep.smk"


include: "workflow/rules/summary.smk"


onstart:
    begin()


onsuccess:
    clear_unfinished()
    remove_crumbs(RESULTS)
    print_summary()
    say_what_is_left()
    end_at_once()


onerror:
    end_at_once()
