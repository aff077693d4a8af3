# From starts to outcomes, part by part.

import re
from itertools import groupby


rule starts:
    """Copy the user's own starts, where the design is a file, into a table that each job reads its part of.

    The contents of the file decide whether this runs again, not its time, so it is no input.
    """
    output:
        table=RESULTS / "starts.parquet",
    log:
        LOGS / "starts.log",
    benchmark:
        RESULTS / "timings/starts.tsv"
    params:
        path=lambda wildcards: OWN_STARTS,
        variables=list(STUDY.variables),
        checksum=STARTS_CHECKSUM,
        code=code("starts"),
    script:
        "../scripts/starts.py"


def runs(method):
    """The parts of a method in runs, one for each job: aligned, and all there or all missing.

    So a job that makes what is missing makes nothing anew that is there. A job on another machine, where all of that
    may look different by now, is told by its name which parts it takes.
    """
    told = re.findall(rf"\bdescend_{method}_(\d+)_to_(\d+)\b", " ".join(sys.argv))
    if told and not workflow.is_main_process:
        return [PARTS[int(first) - 1 : int(last)] for first, last in set(told)]
    jobs = CONFIG["execution"]["shards"]
    there = lambda part: FILES[method].descended(part).exists()
    return [
        list(run)
        for parts_ in parts.runs(PARTS, jobs)
        for _, run in groupby(parts_, there)
    ]


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
    """The tolerance of places, where it is so small that distinct ends are told apart by it."""
    tolerance = CONFIG["basins"]["position_tolerance"]
    return (
        {"basins": {"position_tolerance": tolerance}}
        if tolerance < results.ENDS_APART
        else {}
    )


# Each part is an output by itself, and no parameter says how many a job takes: other jobs for the same parts repeat
# nothing.
for method, files in FILES.items():
    for run in runs(method):

        rule:
            name:
                f"descend_{method}_{run[0].number}_to_{run[-1].number}"
            input:
                certificate=(
                    files.certificate
                    if CONFIG["methods"][method]["stopping"] == "certified"
                    else []
                ),
                starts=starts_table(),
            output:
                parts=[kept_if_all(files.descended(part)) for part in run],
                ends=[files.ends(part) for part in run],
            log:
                LOGS / f"descend/{method}-{run[0].number}-to-{run[-1].number}.log",
            benchmark:
                RESULTS
                / f"timings/descend-{method}-{run[0].number}-to-{run[-1].number}.tsv"
            threads: max(1, workflow.cores // len(parts.runs(PARTS, CONFIG["execution"]["shards"])))
            params:
                **problem() | {"starts": what_shapes_rows()} | fine_ends(),
                methods={method: CONFIG["methods"][method]},
                code=code("descend"),
            script:
                "../scripts/descend.py"
