# Descents apart from those that shares are counted of: of the plane of the maps, on both sides of edges, of zooms.


rule slice:
    """For more than two dimensions: descend from every point of the plane that the maps show."""
    input:
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
    output:
        rows=RESULTS / "{method}/slice.parquet",
    log:
        LOGS / "slice/{method}.log",
    benchmark:
        RESULTS / "timings/slice-{method}.tsv"
    threads: threads_of("slice", here=CORES)
    resources:
        **resources_of("slice"),
    params:
        **problem_apart({}, "basins"),
        methods=one_method,
        figures={"slice": CONFIG["figures"].get("slice")},
        cells=slice_cells(STUDY, rows=1),
        code=code("slice"),
    script:
        "../scripts/slice.py"


OF_PLANE = {"plane": rules.slice.output.rows} if len(CONFIG["domain"]) > 2 else {}


rule boundary:
    """Bisect the edges between starts of different basins, refine the map along them, and measure how rough they are."""
    input:
        **OF_PLANE,
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
        points=rules.certify.output.table,
        proven=proven_cells,
        rows=(
            [
                *(OF_METHOD.compared(part, PARTS, KEEP) for part in PARTS if SEVERAL),
                *(OF_METHOD.descended(piece) for piece in PIECES if not SEVERAL),
            ]
            if LATTICE
            else []
        ),
        ends=OF_METHOD.ends_in_orbits(PARTS, PIECES, KEEP),
    output:
        [OF_METHOD.folder / name for name in results.BOUNDARIES],
    log:
        LOGS / "boundary/{method}.log",
    benchmark:
        RESULTS / "timings/boundary-{method}.tsv"
    priority: 2  # pictures wait for it
    threads: threads_of("boundary", here=0)
    resources:
        **resources_of("boundary"),
    params:
        **problem("basins", "estimates") | {"starts": what_shapes_rows()},
        methods=one_method,
        figures={"slice": CONFIG["figures"].get("slice")},
        descents=lambda wildcards: DESCENTS[wildcards.method],
        code=code("boundary", "multistart/study/slice.py"),
    script:
        "../scripts/boundary.py"


rule zoom:
    """Descend from the cells of a box that is drawn large, and bisect the edges in it."""
    input:
        **OF_PLANE,
        data=data_table(),
        minima=rules.minima.output.minima,
        certificate=rules.certify.output.certificate,
        ends=OF_METHOD.ends_in_orbits(PARTS, PIECES, KEEP),
    output:
        map=OF_METHOD.zoomed("map", "{number}"),
        boundary=OF_METHOD.zoomed("boundary", "{number}"),
    log:
        LOGS / "zoom/{method}-{number}.log",
    benchmark:
        RESULTS / "timings/zoom-{method}-{number}.tsv"
    wildcard_constraints:
        number=r"\d+",
    threads: threads_of("zoom", here=CORES)
    resources:
        **resources_of("zoom"),
    params:
        **problem("basins") | {"starts": what_shapes_rows()},
        methods=one_method,
        figures={"slice": CONFIG["figures"].get("slice")},
        box=lambda wildcards: ZOOMS[int(wildcards.number) - 1],
        descents=lambda wildcards: DESCENTS[wildcards.method],
        code=code("zoom", "multistart/study/slice.py"),
    script:
        "../scripts/zoom.py"
