# What changes where a number of the config changes; only of a study that has the section `sweep`.
#
# Descents are kept by value, under what shapes them, and are no outputs: Snakemake removes those of a job that fails,
# and runs a job whole where one is missing. A job descends at those of its values alone that are not there.

OF_A_SWEEP = {
    **problem("basins", "estimates", "sweep"),
    "methods": {method: CONFIG["methods"][method] for method in SWEPT},
}
SWEEP_JOBS = sweep_jobs()

OF_SHARES = RESULTS / f"sweep/values-{{number}}-of-{SWEEP_JOBS}.json"


rule sweep_values:
    """Descend at some of the values of a sweep, where that is the work of several jobs."""
    input:
        data=data_table(),
        certificate=rules.certify.output.certificate,
        starts=starts_table(),
    output:
        done=temp(OF_SHARES),
    log:
        LOGS / f"sweep/values-{{number}}-of-{SWEEP_JOBS}.log",
    benchmark:
        RESULTS / f"timings/sweep-values-{{number}}-of-{SWEEP_JOBS}.tsv"
    wildcard_constraints:
        number=r"\d+",
    threads: threads_of("sweep_values", here=max(1, CORES // SWEEP_JOBS))
    resources:
        **resources_of("sweep_values"),
    params:
        **OF_A_SWEEP,
        share=lambda wildcards: (int(wildcards.number) - 1, SWEEP_JOBS),
        code=code("sweep_values"),
    script:
        "../scripts/sweep_values.py"


rule sweep:
    """Descend from the same starts at every value of a number, and say what changes with it."""
    input:
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
        starts=starts_table(),
        values=expand(
            OF_SHARES, number=range(1, SWEEP_JOBS + 1) if SWEEP_JOBS > 1 else []
        ),
    output:
        OF_SWEEP,
    log:
        LOGS / "sweep/tables.log",
    benchmark:
        RESULTS / "timings/sweep.tsv"
    priority: 2  # the longest job of a study that has one
    threads: threads_of("sweep", here=CORES)
    resources:
        **resources_of("sweep"),
    params:
        **OF_A_SWEEP,
        code=code("sweep"),
    script:
        "../scripts/sweep.py"


rule draw_sweep:
    """Draw what changes where the number is swept."""
    input:
        sorted(
            RESULTS / file.replace("<method>", "{method}")
            for file in {
                file for picture in SWEEP_PICTURES.values() for file in picture.reads
            }
        ),
        data=data_table(),
        arrivals=RESULTS / "{method}/sweep/arrivals.csv",
        certificate=rules.certify.output.certificate,
        starts=starts_table(),
    output:
        *(
            report(
                RESULTS / "{method}" / files[0],
                category="Pictures of the sweep",
                subcategory="{method}",
                labels={"": f"{number:02}", "picture": SWEEP_PICTURES[name].title},
                caption=f"../report/{name}.rst",
            )
            for number, (name, files) in enumerate(SWEEP_FILES.items(), start=1)
        ),
        [
            RESULTS / "{method}" / file
            for files in SWEEP_FILES.values()
            for file in files[1:]
        ],
    log:
        LOGS / "draw_sweep/{method}.log",
    benchmark:
        RESULTS / "timings/draw_sweep-{method}.tsv"
    resources:
        **resources_of("draw_sweep"),
    params:
        **problem("basins", "sweep", "figures"),
        methods=one_method,
        code=code(
            "draw_sweep",
            *(f"multistart/figures/sweeps/{name}.py" for name in SWEEP_PICTURES),
        ),
    script:
        "../scripts/draw_sweep.py"
