# From starts to outcomes.


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
        checksum=STARTS_CHECKSUM,
        code=code("starts"),
    script:
        "../scripts/starts.py"


rule descend:
    """Descend from every start of one shard, on threads, and write one row a start."""
    input:
        unpack(certificate_if_needed),
        starts=starts_table(),
    output:
        rows=kept_if_all(RESULTS / "{method}/shards/shard-{shard}-of-{shards}.parquet"),
    log:
        LOGS / "descend/{method}-{shard}-of-{shards}.log",
    benchmark:
        RESULTS / "timings/descend-{method}-{shard}-of-{shards}.tsv"
    threads: max(1, workflow.cores // SHARDS)
    params:
        **problem(),
        methods=one_method,
        execution=lambda wildcards: {"shards": int(wildcards.shards)},
        shard=lambda wildcards: int(wildcards.shard) - 1,
        code=code("descend"),
    script:
        "../scripts/descend.py"
