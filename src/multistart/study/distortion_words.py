"""What the summary says of basins that steps distort: each method beside the gradient flow, from the same starts."""

from __future__ import annotations

from multistart.study.findings import DistortionFindings, Findings
from multistart.study.spelled import percent_between
from multistart.study.study import Study

NONE = "none"


def paragraphs(study: Study, found: Findings) -> tuple[str, ...]:
    """How many starts each method takes to another minimum than the flow does; empty without a flow."""
    if not found.distortions:
        return ()
    starts, flow = found.methods[0].starts, found.distortions[0].flow
    level = f"{100 * study.config.estimates.confidence:g} %"
    shown = any(one.between_minima.has_ends and not one.between_minima.is_bound for one in found.distortions)
    intervals = f" In brackets are intervals of {level} for the domain." if shown else ""
    lead = (
        f"`{flow}` follows the curves x' = -grad f, with no steps that overshoot and no momentum: its basins are those "
        f"of the function, and what another method does from the same starts is its own.{intervals}"
    )
    lines = "\n".join(f"- `{one.method}`: {_line(one, starts)}" for one in found.distortions)
    return lead, lines, _undecided(found, flow)


def _line(one: DistortionFindings, starts: int) -> str:
    share = percent_between(one.between_minima, starts)
    if share == NONE:
        said = "no start goes to another minimum than with the flow."
    elif share == "1 start":
        said = "1 start goes to another minimum than with the flow."
    else:
        noun, _, ends = share.partition(" (")
        of_starts = "" if noun.endswith("starts") else " of the starts"
        said = f"{noun}{of_starts}{f' ({ends}' if ends else ''} go to another minimum than with the flow."
    rest = one.changing.value - one.between_minima.value
    return f"{said}{_rest(rest, starts)}"


def _rest(share: float, starts: int) -> str:
    """What only one of the two brings to a minimum: that is no distortion, but a matter of steps or of tails."""
    count = round(share * starts)
    if not count:
        return ""
    many = f"{count:,} more" if count > 1 else "1 more"
    return f" {many} come{'s' if count == 1 else ''} to a minimum with one of the two alone."


def _undecided(found: Findings, flow: str) -> str:
    """What of the flow itself is not known."""
    of_flow = next(method for method in found.methods if method.name == flow)
    count = round(of_flow.endings.get("undecided", 0.0) * of_flow.starts)
    if not count:
        return ""
    who = "1 start is" if count == 1 else f"{count:,} starts are"
    return (
        f"{who} undecided: the flow itself went to different places in its two runs, and is counted as at no minimum."
    )
