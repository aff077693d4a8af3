# Each method after the first beside those before it, from the same starts: one method more makes its own pairs alone.

if not SEVERAL:

    rule compare:
        """Say of each pair of methods how many starts change their basin, and which reaches the best one sooner."""
        input:
            minima=rules.minima.output.minima,
            rows=compared(PARTS),
        output:
            comparison=OF_METHOD.table("comparison.csv"),
            changes=OF_METHOD.table("changes.csv"),
        log:
            LOGS / "compare/{method}.log",
        benchmark:
            RESULTS / "timings/compare-{method}.tsv"
        params:
            **problem("keep", "estimates"),
            methods=methods_up_to,
            code=code("pair_and_compare"),
        script:
            "../scripts/pair_and_compare.py"

else:

    for run in parts.cut(PARTS, parts.A_JOB):
        job = parts.JobName.of("pair", run)

        rule:
            name:
                str(job)
            input:
                minima=rules.minima.output.minima,
                rows=compared(run),
            output:
                [OF_METHOD.pairs(part) for part in run],
            log:
                LOGS / f"{job}/{{method}}.log",
            benchmark:
                RESULTS / f"timings/{job}-{{method}}.tsv"
            params:
                **problem("keep"),
                methods=methods_up_to,
                code=code("pair"),
            script:
                "../scripts/pair.py"

    rule compare:
        """Add up the counts of all parts, and say what two methods make of the same starts."""
        input:
            minima=rules.minima.output.minima,
            pairs=[OF_METHOD.pairs(part) for part in PARTS],
        output:
            comparison=OF_METHOD.table("comparison.csv"),
            changes=OF_METHOD.table("changes.csv"),
        log:
            LOGS / "compare/{method}.log",
        benchmark:
            RESULTS / "timings/compare-{method}.tsv"
        params:
            **problem("estimates"),
            methods=methods_up_to,
            code=code("compare"),
        script:
            "../scripts/compare.py"
