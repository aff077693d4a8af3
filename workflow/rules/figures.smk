# From tables to pictures.


rule slice:
    """For more than two dimensions: descend from every point of the plane that the maps show."""
    input:
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
    output:
        rows=RESULTS / "{method}/slice.parquet",
    log:
        LOGS / "slice/{method}.log",
    benchmark:
        RESULTS / "timings/slice-{method}.tsv"
    threads: workflow.cores
    params:
        **problem("basins"),
        methods=one_method,
        figures={"slice": CONFIG["figures"].get("slice")},
        cells=200,
        code=code("slice"),
    script:
        "../scripts/slice.py"


# Two jobs, since to draw takes longer than all before it: one with seaborn's charts, and one without, which need
# not load it.
for part, names in PICTURES.items():

    rule:
        name:
            f"draw_{part}"
        input:
            minima=rules.minima.output.minima,
            basins=rules.estimate.output.basins,
            tally=rules.estimate.output.tally,
            shares=rules.estimate.output.shares,
            estimates=rules.estimate.output.estimates,
            success=rules.estimate.output.success,
            convergence=rules.estimate.output.convergence,
            critical_points=rules.certify.output.table,
            certificate=rules.certify.output.certificate,
            starts=starts_table(),
            slice=rules.slice.output.rows if len(CONFIG["domain"]) > 2 else [],
        output:
            *(
                report(
                    RESULTS / f"{{method}}/figures/{name}.{FORMATS[0]}",
                    category="Pictures",
                    subcategory="{method}",
                    labels={"picture": name.replace("_", " ")},
                    caption=f"../report/{name}.rst",
                )
                for name in names
            ),
            expand(
                RESULTS / "{{method}}/figures/{name}.{format}",
                name=names,
                format=FORMATS[1:],
            ),
        log:
            LOGS / f"draw_{part}/{{method}}.log",
        benchmark:
            RESULTS / f"timings/draw_{part}-{{method}}.tsv"
        priority: 1  # the longest jobs first, short ones beside them
        params:
            **problem("basins", "figures"),
            methods=one_method,
            code=code("draw"),
        script:
            "../scripts/draw.py"
