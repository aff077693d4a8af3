# What the study found, in words, and what is needed to repeat it.


rule summarize:
    """Say in a few plain sentences what the study found; record config, seed, versions and checksums of the tables."""
    input:
        **{
            Path(name).stem: [FILES[method].table(name) for method in COMPARED]
            for name in OF_PAIRS
        },
        data=data_table(),
        basins=expand(RESULTS / "{method}/basins.csv", method=METHODS),
        tallies=expand(RESULTS / "{method}/tally.parquet", method=METHODS),
        estimates=expand(RESULTS / "{method}/estimates.csv", method=METHODS),
        diagnoses=expand(RESULTS / "{method}/diagnoses.csv", method=METHODS),
        cycles=expand(RESULTS / "{method}/cycles.csv", method=METHODS),
        certificate=RESULTS / "certificate.json",
        swept=OF_SWEEP,
        fit=OF_FIT,
        recorded=[
            RESULTS / "minima.csv",
            RESULTS / "critical_points.csv",
            *([starts_table()] if OWN_STARTS else []),
            *([data_table()] if OWN_DATA else []),
            *OF_SWEEP,
            *OF_FIT,
            *OF_BOUNDARIES,
            *OF_PROVEN,
            *expand(
                RESULTS / "{method}/{table}",
                method=METHODS,
                table=[*(LISTED or OUTCOMES), *results.TABLES],
            ),
        ],
    output:
        **{Path(name).stem: RESULTS / name for name in OF_PAIRS if COMPARED},
        text=RESULTS / "summary.md",
        page=RESULTS / "summary.html",
        record=RESULTS / "study.json",
    log:
        LOGS / "summarize.log",
    benchmark:
        RESULTS / "timings/summarize.tsv"
    localrule: True
    threads: threads_of("summarize", here=0)
    resources:
        **resources_of("summarize"),
    params:
        **{key: CONFIG[key] for key in CONFIG if key != "execution"},
        of_pairs=[Path(name).stem for name in OF_PAIRS],
        starts_rows=STARTS_ROWS,
        starts_checksum=STARTS_CHECKSUM,
        code=code(
            "summarize", "multistart/study/page.html", "multistart/study/page.css"
        ),
    script:
        "../scripts/summarize.py"
