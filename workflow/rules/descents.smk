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
    threads: threads_of_descents()
    params:
        **problem() | {"starts": what_shapes_rows(), "basins": fine_ends()},
        methods=one_method,
        code=code("descend"),
    script:
        "../scripts/descend.py"
