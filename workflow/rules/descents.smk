# From starts to outcomes, part by part.


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
        scale=CONFIG.get("scale", {}),
        checksum=STARTS_CHECKSUM,
        code=code("starts"),
    script:
        "../scripts/starts.py"


if OWN_DATA:

    rule data:
        """Copy the columns that a fit names into a table that each job reads.

        The numbers in these columns decide whether this runs again, so the file is no input.
        """
        output:
            table=data_table(),
        log:
            LOGS / "data.log",
        benchmark:
            RESULTS / "timings/data.tsv"
        params:
            objective=CONFIG["objective"],
            digest=DATA_DIGEST,
            code=code("data"),
        script:
            "../scripts/data.py"


THREADS = threads_of_descents()

# Each part is an output by itself, and no parameter says how many a job takes: other jobs for the same parts repeat
# nothing.
for method, files in FILES.items():
    for run in runs(method):
        job = parts.JobName.of(f"descend_{method}", run)

        rule:
            name:
                str(job)
            input:
                data=data_table(),
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
                LOGS / f"descend/{job}.log",
            benchmark:
                RESULTS / f"timings/{job}.tsv"
            threads: THREADS
            params:
                **problem() | {"starts": what_shapes_rows(), "basins": fine_ends()},
                methods={method: CONFIG["methods"][method]},
                code=code("descend"),
            script:
                "../scripts/descend.py"
