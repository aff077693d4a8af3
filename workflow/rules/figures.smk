# From tables to pictures.

# The report sorts pictures by what stands before their titles.
ORDER = {name: number for number, name in enumerate(PICTURES, start=1)}


# What every method has, in as many processes as there are cores for it; and the learning rate of those whose rate changes.
USUAL = list(pictures_of(changing_rate=False, fit=FIT))
DRAWING = {
    "draw": USUAL,
    "draw_schedule": [name for name in PICTURES if PICTURES[name].of_schedule],
    "draw_proven": [name for name in PICTURES if PICTURES[name].of_proven],
    "draw_zooms": [name for name in PICTURES if PICTURES[name].of_zooms],
}

for drawing, names in DRAWING.items():
    first = f"figures/{names[0]}.{FORMATS[0]}"
    processes = cores_of_a_method(first, most=4) if len(names) > 1 else 1

    rule:
        name:
            drawing
        input:
            **read_by(names),
            data=data_table(),
            minima=rules.minima.output.minima,
        output:
            *(
                report(
                    RESULTS / f"{{method}}/figures/{name}.{FORMATS[0]}",
                    category="Pictures",
                    subcategory=method_in_menu,
                    labels={"": f"{ORDER[name]:02}", "picture": PICTURES[name].title},
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
            LOGS / f"{drawing}/{{method}}.log",
        benchmark:
            RESULTS / f"timings/{drawing}-{{method}}.tsv"
        priority: 1  # the longest jobs first, short ones beside them
        threads: threads_of(drawing, here=processes)
        resources:
            **resources_of(drawing),
        params:
            **problem("basins", "figures"),
            methods=one_method,
            code=code(
                "draw", *(f"multistart/figures/gallery/{name}.py" for name in names)
            ),
        script:
            "../scripts/draw.py"
