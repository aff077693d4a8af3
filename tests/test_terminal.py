"""What a person sees of a run: a line a stage, no chatter, and how long it will still take."""

import logging
from types import SimpleNamespace

from snakemake_interface_logger_plugins.common import LogEvent

from multistart.study import jobs, terminal


def said(logger, event=None, level=logging.INFO, **fields):
    logger.log(level, fields.pop("message", "chatter"), extra={"event": event} | fields)


def test_a_run_shows_a_line_for_each_stage_and_what_went_wrong(capsys):
    """Each job with its method and seconds, none for the rule that does nothing; errors and "nothing to do" stay."""
    logger, shown = logging.Logger("a run"), logging.StreamHandler()
    logger.addHandler(shown)
    terminal.show_stages(logger)
    said(logger, message="Building DAG of jobs...")
    said(logger, LogEvent.JOB_INFO, jobid=3, rule_name="estimate", wildcards={"method": "gd"})
    said(logger, LogEvent.JOB_INFO, jobid=4, rule_name="descend", wildcards={"method": "gd", "piece": "part-00001"})
    said(logger, LogEvent.JOB_INFO, jobid=0, rule_name="all", wildcards=None)
    for done, job in enumerate((3, 4, 0), start=1):
        said(logger, LogEvent.JOB_FINISHED, job_id=job)
        said(logger, LogEvent.PROGRESS, done=done, total=3)
    said(logger, message="Nothing to be done (all requested files are present and up to date).")
    said(logger, level=logging.ERROR, message="a job failed")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "[1/2] shares estimated: gd, 0.0 s",
        "[2/2] descents done: gd, rows 0 to 1,048,575, 0.0 s",
        "Nothing to be done (all requested files are present and up to date).",
        "a job failed",
    ]


def test_the_time_left_follows_the_speed_of_late(capsys):
    """None at first, while a kernel is compiled; then that of the last lines, so a slow beginning is soon forgotten."""
    clock = SimpleNamespace(now=0.0)
    report = jobs.progress("gd", lambda: clock.now)
    for now, done in [
        (1, 0),
        (6, 10),
        (8, 20),
        (12, 1000),
        (18, 2000),
        *((18 + 6 * k, 2000 + 600 * k) for k in range(1, 8)),
    ]:
        clock.now = float(now)
        report(done, 10_000)
    report(10_000, 10_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "gd: 10 of 10,000 starts"
    assert lines[1] == "gd: 1,000 of 10,000 starts, about 55 s left"
    assert lines[-1] == "gd: 6,200 of 10,000 starts, about 38 s left"
    assert len(lines) == 10


def test_a_line_says_what_a_job_took():
    """Its method, and its rows."""
    piece = {"method": "gradient_descent", "piece": "part-00002-64-rows-from-1048640"}
    assert terminal._words("descend", piece) == "descents done: gradient_descent, rows 1,048,640 to 1,048,703"
    label = {"method": "gd", "part": "part-00001-250000-rows"}
    assert terminal._words("label", label) == "starts labelled: gd, rows 0 to 249,999"
    merge = {"method": "gd", "rows": "rows-0-to-67108863"}
    assert terminal._words("merge_counts", merge) == "counts added up: gd, rows 0 to 67,108,863"
    assert terminal._words("split_ends", {"method": "gd"}) == "ends merged: gd"
    assert terminal._words("draw", {"method": "gd"}) == "pictures drawn: gd"
    assert terminal._words("minima", {}) == "minima found"
