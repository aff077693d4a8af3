# From the objective to its certificate, from outcomes to minima, labels and counts.


rule certify:
    """Prove the critical points in the arena, apart from the descents."""
    input:
        data=data_table(),
    output:
        table=RESULTS / "critical_points.csv",
        certificate=RESULTS / "certificate.json",
    log:
        LOGS / "certify.log",
    benchmark:
        RESULTS / "timings/certify.tsv"
    threads: threads_of("certify", here=0)
    resources:
        **resources_of("certify"),
    params:
        # The pilot is of the first method, and draws starts of its own by the seed.
        **problem_apart({"seed": CONFIG["starts"]["seed"]}, "certificate", "basins"),
        methods=PROOF_METHODS,
        code=code("certify"),
    script:
        "../scripts/certify.py"


checkpoint minima:
    """Find and number the minima that the descents of all methods reached, from their distinct ends.

    A checkpoint, so that jobs with its table among their inputs are planned anew once it is there. With one method more
    it is most often the same table, and nothing of the other methods is made anew. Every rule of one method that comes
    later names it: one that waited for it by way of another job would run, whether or not that other one does.
    """
    input:
        data=data_table(),
        ends=[
            file
            for files in FILES.values()
            for file in files.distinct_ends(PARTS, PIECES, KEEP)
        ],
        certificate=rules.certify.output.certificate,
    output:
        minima=RESULTS / "minima.csv",
    log:
        LOGS / "minima.log",
    benchmark:
        RESULTS / "timings/minima.tsv"
    resources:
        **resources_of("minima"),
    params:
        **problem("basins"),
        methods=CONFIG["methods"],
        code=code("minima"),
    script:
        "../scripts/minima.py"


rule prove_shares:
    """Prove bounds of a method's shares: cells of starts are carried through its descent as sets."""
    input:
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
    output:
        cells=OF_METHOD.folder / results.PROVEN_CELLS,
    log:
        LOGS / "prove_shares/{method}.log",
    benchmark:
        RESULTS / "timings/prove_shares-{method}.tsv"
    priority: 3  # shares wait for it, and pictures for these
    threads: threads_of("prove_shares", here=CORES)
    resources:
        **resources_of("prove_shares"),
    params:
        # The starts have no part in it.
        **problem_apart({}) | {"proven_shares": CONFIG.get("proven_shares")},
        methods=one_method,
        code=code("prove_shares"),
    script:
        "../scripts/prove_shares.py"


# A study of few parts has one job for each method, which takes less time than two processes take to start. In a larger
# one, a job each part labels and counts, and one job a method adds their counts up.
if not SEVERAL:

    rule estimate:
        """Give every start its basin, count, and say what the counts are worth."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            certificate=rules.certify.output.certificate,
            proven=proven_cells,
            rows=[OF_METHOD.descended(piece) for piece in PIECES],
            ends=OF_METHOD.ends_in_orbits(PARTS, PIECES, KEEP),
        output:
            **{Path(name).stem: OF_METHOD.folder / name for name in results.TABLES},
            **reached_apart(PARTS),
            outcomes=[OF_METHOD.folder / name for name in OUTCOMES],
        log:
            LOGS / "estimate/{method}.log",
        benchmark:
            RESULTS / "timings/estimate-{method}.tsv"
        threads: threads_of("estimate", here=cores_of_a_method("estimates.csv", most=2))
        resources:
            **resources_of("estimate"),
        params:
            **problem("basins", "keep", "estimates"),
            methods=one_method,
            code=code("label_and_estimate"),
        script:
            "../scripts/label_and_estimate.py"

else:

    rule label:
        """Give every start of a part its basin, and count; whatever the number of parts."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            certificate=rules.certify.output.certificate,
            proven=proven_cells,
            rows=rows_of_part,
            ends=OF_METHOD.ends_in_orbits(PARTS, PIECES, KEEP),
        output:
            **reached_apart([A_PART]),
            outcomes=OF_METHOD.labelled(A_PART, PARTS, KEEP),
            counts=OF_METHOD.counts(A_PART),
        log:
            LOGS / "label/{method}-{part}.log",
        benchmark:
            RESULTS / "timings/label-{method}-{part}.tsv"
        resources:
            **resources_of("label"),
        params:
            **problem("basins", "keep") | {"starts": what_shapes_rows()},
            methods=one_method,
            code=code("label"),
        script:
            "../scripts/label.py"

    rule merge_counts:
        """Add up the counts of some parts, and of the rows that may be kept of these leave those that still may."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            counts=merged_of(results.MethodFiles.counts, COUNTS_OF),
            kept=merged_of(results.MethodFiles.kept, COUNTS_OF) if SOME_KEPT else [],
        output:
            counts=OF_METHOD.counts(MERGED),
            kept=[OF_METHOD.kept(MERGED)] if SOME_KEPT else [],
        log:
            LOGS / "merge_counts/{method}-{rows}.log",
        benchmark:
            RESULTS / "timings/merge_counts-{method}-{rows}.tsv"
        resources:
            **resources_of("merge_counts"),
        params:
            **problem("keep") | {"starts": what_shapes_rows()},
            methods=one_method,
            code=code("merge_counts"),
        script:
            "../scripts/merge_counts.py"

    rule estimate:
        """Add up the counts of all parts, check that no start was lost, and say what the counts are worth."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            certificate=rules.certify.output.certificate,
            proven=proven_cells,
            counts=[OF_METHOD.counts(rows) for rows in COUNTS],
            kept=[OF_METHOD.kept(rows) for rows in COUNTS if SOME_KEPT],
            ends=OF_METHOD.distinct_ends(PARTS, PIECES, KEEP),
        output:
            **{Path(name).stem: OF_METHOD.folder / name for name in results.TABLES},
            outcomes=[OF_METHOD.outcomes] if SOME_KEPT else [],
            checksums=[OF_METHOD.folder / name for name in LISTED],
        log:
            LOGS / "estimate/{method}.log",
        benchmark:
            RESULTS / "timings/estimate-{method}.tsv"
        resources:
            **resources_of("estimate"),
        params:
            **problem("basins", "keep", "estimates"),
            methods=one_method,
            code=code("estimate"),
        script:
            "../scripts/estimate.py"
