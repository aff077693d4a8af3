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


# The report sorts pictures by what stands before their titles.
ORDER = {name: number for number, name in enumerate(PICTURES, start=1)}


rule draw:
    """Draw all pictures of a method, in as many processes as there are cores for it."""
    input:
        **read_by_pictures(),
        minima=rules.minima.output.minima,
    output:
        *(
            report(
                RESULTS / f"{{method}}/figures/{name}.{FORMATS[0]}",
                category="Pictures",
                subcategory="{method}",
                labels={"": f"{ORDER[name]:02}", "picture": PICTURES[name].title},
                caption=f"../report/{name}.rst",
            )
            for name in PICTURES
        ),
        expand(
            RESULTS / "{{method}}/figures/{name}.{format}",
            name=PICTURES,
            format=FORMATS[1:],
        ),
    log:
        LOGS / "draw/{method}.log",
    benchmark:
        RESULTS / "timings/draw-{method}.tsv"
    priority: 1  # the longest jobs first, short ones beside them
    threads: cores_of_a_method(f"figures/{next(iter(PICTURES))}.{FORMATS[0]}", most=4)
    params:
        **problem("basins", "figures"),
        methods=one_method,
        code=code(
            "draw", *(f"multistart/figures/gallery/{name}.py" for name in PICTURES)
        ),
    script:
        "../scripts/draw.py"
