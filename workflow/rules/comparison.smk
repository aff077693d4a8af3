# Each method after the first beside those before it, from the same starts: one method more makes its own pairs alone.
# Pictures of all methods are drawn by one job, which a study of one method does not have.

if not SEVERAL:

    rule compare:
        """Say of each pair of methods how many starts change their basin, and which reaches the best one sooner."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            rows=compared,
        output:
            **{Path(name).stem: OF_METHOD.table(name) for name in OF_PAIRS},
        log:
            LOGS / "compare/{method}.log",
        benchmark:
            RESULTS / "timings/compare-{method}.tsv"
        resources:
            **resources_of("compare"),
        params:
            **problem("keep", "estimates"),
            methods=methods_up_to,
            distortion=FLOW is not None,
            code=code("pair_and_compare", "multistart/study/label.py"),
        script:
            "../scripts/pair_and_compare.py"

else:

    rule pair:
        """Count a part of a method together with each method before it."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            rows=compared,
        output:
            pairs=OF_METHOD.pairs(A_PART),
        log:
            LOGS / "pair/{method}-{part}.log",
        benchmark:
            RESULTS / "timings/pair-{method}-{part}.tsv"
        resources:
            **resources_of("pair"),
        params:
            **problem("keep") | {"starts": what_shapes_rows()},
            methods=methods_up_to,
            code=code("pair", "multistart/study/label.py"),
        script:
            "../scripts/pair.py"

    rule merge_pairs:
        """Add up the counts of some parts."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            pairs=merged_of(results.MethodFiles.pairs, COUNTS_OF),
        output:
            pairs=OF_METHOD.pairs(MERGED),
        log:
            LOGS / "merge_pairs/{method}-{rows}.log",
        benchmark:
            RESULTS / "timings/merge_pairs-{method}-{rows}.tsv"
        resources:
            **resources_of("merge_pairs"),
        params:
            **problem(),
            methods=methods_up_to,
            code=code("merge_pairs", "multistart/study/label.py"),
        script:
            "../scripts/merge_pairs.py"

    rule compare:
        """Add up the counts of all parts, and say what two methods make of the same starts."""
        input:
            data=data_table(),
            minima=rules.minima.output.minima,
            pairs=[OF_METHOD.pairs(rows) for rows in COUNTS],
        output:
            **{Path(name).stem: OF_METHOD.table(name) for name in OF_PAIRS},
        log:
            LOGS / "compare/{method}.log",
        benchmark:
            RESULTS / "timings/compare-{method}.tsv"
        localrule: True
        resources:
            **resources_of("compare"),
        params:
            **problem("estimates"),
            methods=methods_up_to,
            distortion=FLOW is not None,
            code=code("compare", "multistart/study/label.py"),
        script:
            "../scripts/compare.py"


if COMPARED:

    rule draw_comparisons:
        """Draw all methods beside each other."""
        input:
            data=data_table(),
            files=read_of_all(BESIDE),
            minima=rules.minima.output.minima,
        output:
            *(
                report(
                    RESULTS / f"figures/{name}.{FORMATS[0]}",
                    category="Pictures",
                    subcategory=in_menu(0, "all methods"),
                    labels={"": f"{number:02}", "picture": picture.title},
                    caption=f"../report/{name}.rst",
                )
                for number, (name, picture) in enumerate(BESIDE.items(), start=1)
            ),
            expand(
                RESULTS / "figures/{name}.{format}",
                name=BESIDE,
                format=FORMATS[1:],
            ),
        log:
            LOGS / "draw_comparisons.log",
        benchmark:
            RESULTS / "timings/draw_comparisons.tsv"
        resources:
            **resources_of("draw_comparisons"),
        params:
            **problem("basins", "figures"),
            methods=CONFIG["methods"],
            code=code(
                "draw_comparisons",
                *(f"multistart/figures/comparisons/{name}.py" for name in BESIDE),
            ),
        script:
            "../scripts/draw_comparisons.py"
