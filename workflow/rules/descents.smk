# From starts to outcomes, piece by piece.


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
    localrule: True
    resources:
        **resources_of("starts"),
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
        localrule: True
        resources:
            **resources_of("data"),
        params:
            objective=CONFIG["objective"],
            digest=DATA_DIGEST,
            code=code("data"),
        script:
            "../scripts/data.py"


# Other jobs for the same pieces repeat nothing: no parameter says how the others are cut.
rule descend:
    """Descend from every start of a piece, and keep the distinct ends of them."""
    input:
        data=data_table(),
        certificate=certificate_to_stop,
        starts=starts_table(),
    output:
        rows=kept_if_all(OF_METHOD.descended(A_PIECE)),
        ends=OF_METHOD.ends(A_PIECE),
    log:
        LOGS / "descend/{method}-{piece}.log",
    benchmark:
        results.timing(RESULTS / "timings", "{method}", A_PIECE)
    threads: threads_of("descend", here=threads_of_descents())
    resources:
        **resources_of("descend"),
    params:
        **params_of_rows(),
    script:
        "../scripts/descend.py"


# Minima and attractors are found from the ends of all pieces: of few pieces the jobs that need them read them all.
if SEVERAL:

    rule merge_ends:
        """Merge the distinct ends of some pieces, in order."""
        input:
            data=data_table(),
            ends=merged_of(results.MethodFiles.ends, ENDS_OF),
        output:
            ends=OF_METHOD.ends(MERGED),
        log:
            LOGS / "merge_ends/{method}-{rows}.log",
        benchmark:
            RESULTS / "timings/merge_ends-{method}-{rows}.tsv"
        localrule: True
        resources:
            **resources_of("merge_ends"),
        params:
            **problem() | {"starts": what_shapes_rows(), "basins": fine_ends()},
            methods=one_method,
            code=code("merge_ends"),
        script:
            "../scripts/merge_ends.py"

    rule split_ends:
        """Merge what is left, and write apart the ends of descents that did not come to rest: labels need these alone."""
        input:
            data=data_table(),
            ends=[OF_METHOD.ends(rows) for rows in ENDS],
        output:
            rest=OF_METHOD.at_rest,
            orbits=OF_METHOD.orbits,
        log:
            LOGS / "split_ends/{method}.log",
        benchmark:
            RESULTS / "timings/split_ends-{method}.tsv"
        localrule: True
        resources:
            **resources_of("split_ends"),
        params:
            **problem() | {"starts": what_shapes_rows(), "basins": fine_ends()},
            methods=one_method,
            code=code("split_ends"),
        script:
            "../scripts/split_ends.py"
