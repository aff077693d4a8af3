# The page on which a click drops a ball, with what the study found beneath it.

EXPLORER = Path("multistart/explorer")


rule explore:
    """Make the explorer: the function, its minima, maps and methods, and the JavaScript that lets balls roll there."""
    input:
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
        tallies=expand(RESULTS / "{method}/tally.parquet", method=METHODS),
        slices=[
            RESULTS / method / "slice.parquet"
            for method in METHODS
            if len(CONFIG["domain"]) > 2
        ],
        boundaries=[
            FILES[method].table(name)
            for method in METHODS
            if DESCENTS[method]
            for name in ("boundary.parquet", "mosaic.parquet")
        ],
    output:
        page=report(
            RESULTS / "explore.html",
            category="Explorer",
            labels={"": "a click drops a ball"},
            caption="../report/explore.rst",
        ),
    log:
        LOGS / "explore.log",
    benchmark:
        RESULTS / "timings/explore.tsv"
    localrule: True
    threads: threads_of("explore", here=0)
    resources:
        **resources_of("explore"),
    params:
        **problem("basins"),
        methods=CONFIG["methods"],
        figures={"slice": CONFIG["figures"].get("slice")},
        code=code(
            "explore",
            *written_in(
                f"{EXPLORER}/*.html",
                f"{EXPLORER}/*.css",
                f"{EXPLORER}/texts/*.json",
                f"{EXPLORER}/scripts/**/*.js",
                "multistart/kernels/javascript/*.js",
            ),
        ),
    script:
        "../scripts/explore.py"
