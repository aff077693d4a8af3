# What the best fit says; only of a study whose function is a fit to data.


rule fit:
    """Give the parameters of the best fit their standard errors, and the data their residuals."""
    input:
        data=data_table(),
        minima=rules.minima.output.minima,
    output:
        **{Path(name).stem: RESULTS / name for name in results.FIT_TABLES},
    log:
        LOGS / "fit.log",
    benchmark:
        RESULTS / "timings/fit.tsv"
    priority: 2  # pictures wait for it
    localrule: True
    threads: threads_of("fit", here=0)
    resources:
        **resources_of("fit"),
    params:
        **problem("basins"),
        methods=CONFIG["methods"],
        code=code("fit"),
    script:
        "../scripts/fit.py"
