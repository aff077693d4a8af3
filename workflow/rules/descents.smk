# From starts to outcomes.


rule descend:
    """Descend from every start of one shard, on threads, and write one row a start."""
    input:
        unpack(certificate_if_needed),
        starts=starts_file(),
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
