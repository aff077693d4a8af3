# From the objective to its certificate, from outcomes to minima, labels and counts.


rule certify:
    """Prove the critical points in the arena, apart from the descents."""
    output:
        table=RESULTS / "critical_points.csv",
        certificate=RESULTS / "certificate.json",
    log:
        LOGS / "certify.log",
    benchmark:
        RESULTS / "timings/certify.tsv"
    params:
        **problem("certificate", "basins"),
        methods=FIRST_METHOD,  # whose descents are the pilot
        code=code("certify"),
    script:
        "../scripts/certify.py"


checkpoint minima:
    """Find and number the minima that the descents of all methods reached.

    A checkpoint, so that what reads its table is planned once the table is there: with one method more it is most
    often the same table, and nothing of the other methods is made anew.
    """
    input:
        rows=[file for method in METHODS for file in shard_files(method)],
        certificate=rules.certify.output.certificate,
    output:
        minima=RESULTS / "minima.csv",
    log:
        LOGS / "minima.log",
    benchmark:
        RESULTS / "timings/minima.tsv"
    params:
        **problem("basins"),
        methods=CONFIG["methods"],
        code=code("minima"),
    script:
        "../scripts/minima.py"


rule label:
    """Give every start its basin, count, and check that no start was lost."""
    input:
        minima=found_minima,
        certificate=rules.certify.output.certificate,
        rows=shard_files(),
    output:
        outcomes=RESULTS / "{method}/outcomes.parquet",
        basins=RESULTS / "{method}/basins.csv",
        endings=RESULTS / "{method}/endings.csv",
        tally=RESULTS / "{method}/tally.parquet",
        shares_tally=RESULTS / "{method}/shares_tally.parquet",
    log:
        LOGS / "label/{method}.log",
    benchmark:
        RESULTS / "timings/label-{method}.tsv"
    params:
        **problem("basins", "keep"),
        methods=one_method,
        code=code("label"),
    script:
        "../scripts/label.py"


rule estimate:
    """Give shares their intervals, and say what the starts may have missed and what the best minimum costs."""
    input:
        minima=found_minima,
        shares_tally=rules.label.output.shares_tally,
        tally=rules.label.output.tally,
        basins=rules.label.output.basins,
        certificate=rules.certify.output.certificate,
    output:
        shares=RESULTS / "{method}/shares.csv",
        estimates=RESULTS / "{method}/estimates.csv",
        limits=RESULTS / "{method}/limits.csv",
        success=RESULTS / "{method}/success.csv",
        convergence=RESULTS / "{method}/convergence.csv",
    log:
        LOGS / "estimate/{method}.log",
    benchmark:
        RESULTS / "timings/estimate-{method}.tsv"
    params:
        **problem("estimates"),
        methods=one_method,
        code=code("estimate"),
    script:
        "../scripts/estimate.py"
