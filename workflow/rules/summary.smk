# What the study found, in words, and what is needed to repeat it.


rule summarize:
    """Say in a few plain sentences what the study found."""
    input:
        basins=expand(RESULTS / "{method}/basins.csv", method=METHODS),
        tallies=expand(RESULTS / "{method}/tally.parquet", method=METHODS),
        estimates=expand(RESULTS / "{method}/estimates.csv", method=METHODS),
        certificate=RESULTS / "certificate.json",
    output:
        text=RESULTS / "summary.md",
        page=report(
            RESULTS / "summary.html",
            category="Summary",
            caption="../report/summary.rst",
        ),
    log:
        LOGS / "summarize.log",
    benchmark:
        RESULTS / "timings/summarize.tsv"
    params:
        **problem("basins"),
        methods=CONFIG["methods"],
        timings=str(RESULTS / "timings"),
        code=code("summarize"),
    script:
        "../scripts/summarize.py"


rule record:
    """Record config, seed, versions, revision and checksums of the tables."""
    input:
        RESULTS / "minima.csv",
        RESULTS / "critical_points.csv",
        starts_table(),
        expand(
            RESULTS / "{method}/{table}",
            method=METHODS,
            table=TABLES,
        ),
    output:
        record=RESULTS / "study.json",
    log:
        LOGS / "record.log",
    benchmark:
        RESULTS / "timings/record.tsv"
    params:
        **{key: CONFIG[key] for key in CONFIG if key != "execution"},
        root=RESULTS,
        starts_rows=STARTS_ROWS,
        starts_checksum=STARTS_CHECKSUM,
        code=code("record"),
    script:
        "../scripts/record.py"
