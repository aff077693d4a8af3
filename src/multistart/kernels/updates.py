"""A rule's lines as lines of a kernel: the update of one row, and that of a whole block under the stopping rule.

Names of a rule get an underscore, and those of a coordinate its number, so that none is a name of the kernel. Where two
rows are taken side by side, all names end with the letter of their lane.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from multistart.methods.rule import WIDTH, Rule

LANES = (("a", "i"), ("b", "i + rows"))
_NAME = re.compile(r"\b[A-Za-z_]\w*\b(?!\s*\()")
_OF_A_GRADIENT = re.compile(r"\bg(?=\d)")


def words(rule: Rule, d: int, lane: str = "") -> list[str]:
    """The names of what an update changes in a row, in the order of the block's words: the point, then the state."""
    names = _names(rule, d, lane)
    point = [names[j]["x"] for j in range(d)]
    state = [[names[0][s.name]] if s.shared else [names[j][s.name] for j in range(d)] for s in rule.state]
    return [*point, *(name for each in state for name in each)]


def hyperparameters(rule: Rule, d: int) -> list[str]:
    """Lines that take a rule's numbers from the array that a kernel is given, the step limit first."""
    lines, at = ["N_ = hyper[0]"] if "N" in rule.reads else [], 1
    for h in rule.hyperparameters:
        names = [f"{h.name}_{j}" for j in range(d)] if h.per_coordinate else [f"{h.name}_"]
        lines += [f"{name} = hyper[{at + k}]" for k, name in enumerate(names)]
        at += len(names)
    return lines


def count_of(rule: Rule, d: int) -> int:
    """How many numbers a rule takes from that array; those of the formula come after them."""
    return 1 + sum(d if h.per_coordinate else 1 for h in rule.hyperparameters)


def reach(rule: Rule, d: int) -> str:
    """How far an update moves a coordinate at most, in gradient norms; 1 where the kernel looks at every point."""
    each = sorted({_renamed(rule.reach or "1.0", names) for names in _names(rule, d, "")})
    return each[0] if len(each) == 1 else f"max({', '.join(each)})"


def work(rule: Rule, d: int) -> int:
    """How much there is to do in an update besides one operation for each coordinate, in multiplications."""
    operations = [
        isinstance(node, ast.BinOp | ast.Call)
        for line in rule.update + rule.each_step
        for node in ast.walk(ast.parse(line))
    ]
    return d * (sum(operations) - 1)


def divides_by_roots(rule: Rule) -> bool:
    """Whether an update takes roots and divides in each coordinate, and not once for all."""
    return any("sqrt" in line for line in rule.update) and any("/" in line for line in rule.update)


def needs_margin(rule: Rule) -> bool:
    """Whether an update may be wrong, or hide what is not finite, where the gradient's square is no usual number."""
    return not rule.keeps_nonfinite or "gnorm" in rule.reads


def update(rule: Rule, d: int, lane: str = "", *, taken: str, norm: str) -> list[str]:
    """Lines that make one update of a row, given what stands for its count of updates and for its gradient norm.

    In units of widths the norm is that of the gradient in these units, which a kernel's ``norm_of`` has of any numbers.
    """
    return [*shared(rule, d, lane, taken=taken, norm=norm), *of_coordinates(rule, d, lane)]


def shared(rule: Rule, d: int, lane: str = "", *, taken: str, norm: str) -> list[str]:
    """Lines of an update that all coordinates share: of its number, the gradient's norm, and what state they share."""
    names = _names(rule, d, lane)
    if rule.in_widths:
        norm = f"norm_of({', '.join(each[WIDTH] + ' * ' + each['g'] for each in names)})"
    lines = [f"{names[0]['t']} = {taken}"] * ("t" in rule.reads)
    lines += [f"{names[0]['gnorm']} = {norm}"] * ("gnorm" in rule.reads)
    return lines + [_renamed(line, names[0]) for line in rule.each_step]


def of_coordinates(rule: Rule, d: int, lane: str = "") -> list[str]:
    """Lines of an update for one coordinate after the other."""
    names = _names(rule, d, lane)
    return [_renamed(line, names[j]) for j in range(d) for line in rule.update]


def rolls(rule: Rule, d: int) -> str:
    """After an update that is looked at before it is made: what rolls on has not converged where its gradient is small.

    At rest no coordinate would be moved by more than its rate times the tolerance.
    """
    if rule.rest != "step":
        return "pass"
    rests = " & ".join(at_rest(rule, d, [f"point[{j}]" for j in range(d)]))
    return f"ending = ending if ending != CONVERGED or ({rests}) else STEP_LIMIT if taken >= limit else GOING"


def block_update(
    rule: Rule, d: int, unroll: int, lanes: int, square: str, coefficients: str, *, wild: bool
) -> list[str]:
    """The body of the loop under a stopping rule, for rows ``i`` and, with two lanes, ``i + rows`` side by side.

    Of the squared gradients the least is held against the tolerance; of a rule that rests by its step, those of points
    from which it rolls on do not count, or a ball that swings out would be walked for dozens of updates. Where the rule
    has a reach, the sum of several is held against the room there is; else every point is held against the arena.
    Inside it arguments are usual, unless some are wild: then what they leave is asked for at every point, too. Rows of
    a rule that is held in a box may stand on its faces, where all arguments are asked for. What becomes of a state that
    all coordinates share stands before the gradient, so that its divisions are under way meanwhile; the rate of a
    schedule does not, which is a chain of functions like the gradient itself, and would keep that waiting.
    """
    early = any(state.shared for state in rule.state) and "gnorm" not in rule.reads
    reaches, lines = bool(rule.reach) and unroll > 1, []
    margins = "margin, _" if rule.bounds else "_, margin"
    for a, i in LANES[:lanes]:
        lines += [f"{name} = old_{name} = {place(k, i)}" for k, name in enumerate(words(rule, d, a))]
        lines += [f"taken{a} = {place('TAKEN', i)}", f"margin{a} = last - taken{a}"]
        lines += _room(d, a) if reaches else []
    for k in range(unroll):
        for a, _i in LANES[:lanes]:
            v, g = (", ".join(f"{name}{j}{a}" for j in range(d)) for name in "vg")
            for_all = shared(rule, d, a, taken=f"taken{a} + {k}.0", norm="math.sqrt(square)")
            lines += for_all if early else []
            lines += [f"{g}, {margins} = usual_gradient({v}{coefficients})", f"square = {square.replace('@', a)}"]
            lines += [f"margin{a} = smaller(margin, margin{a})"] * (wild or bool(rule.bounds))
            lines += [] if reaches else _in_arena(rule, d, a, first=k == 0)
            lines += rest_square(rule, d, a, square)
            lines += usual_square(f"margin{a}") if "gnorm" in rule.reads else []
            lines += [f"total{a} = {f'total{a} + square' if k else 'square'}"]
            lines += [f"was{j}{a} = v{j}{a}" for j in range(d) if rule.rest == "step"]
            lines += [] if early else for_all
            lines += of_coordinates(rule, d, a)
            small = "rest" if rule.bounds else "square"
            asked = f"select({_rolling(rule, d, a)}, np.inf, {small})" if rule.rest == "step" else small
            lines += [f"least{a} = {f'smaller({asked}, least{a})' if k else asked}"]
    for a, i in LANES[:lanes]:
        if reaches:
            lines += [f"reach{a} = smaller(-1e-140, -scope * room{a}) + 1e-140"]  # squares of less may vanish
        room = f"(total{a} < reach{a} * reach{a})" if reaches else f"(total{a} < np.inf) & inside{a}"
        lines += [f"go{a} = (margin{a} >= 0.0) & (least{a} > tolerance2) & {room}"]
        for k, name in enumerate(words(rule, d, a)):
            lines += [f"{place(k, i)} = select(go{a}, {name}, old_{name})"]
        lines += [f"{place('TAKEN', i)} = counted(go{a}, taken{a}, {unroll}.0)"]
    return lines


def single_update(rule: Rule, d: int, square: str, coefficients: str) -> list[str]:
    """The body of the loop over rows set aside: under the stopping rule to the letter, where nothing is unusual.

    Why a row stands stands in its last word, and the gradient norm's square before that: none if it is due, that it has
    arrived, or that it has to be walked alone, since its ending is another, its arguments are rare, or its norm is so
    near to the tolerance that the squares do not tell.
    """
    v, g = (", ".join(f"{name}{j}" for j in range(d)) for name in "vg")
    names = words(rule, d)
    lines = [f"{name} = old_{name} = {place(k, of='aside')}" for k, name in enumerate(names)]
    lines += [f"taken = {place('TAKEN', of='aside')}", f"{g}, margin, _ = usual_gradient({v}{coefficients})"]
    lines += [f"square = {square}", *usual_square("margin")]
    lines += [f"margin = select((low{j} <= v{j}) & (v{j} <= high{j}), margin, -1.0)" for j in range(d)]
    lines += update(rule, d, taken="taken", norm="math.sqrt(square)")
    asked = "rest" if rule.bounds else "square"
    if rule.bounds:
        before = [f"old_v{j}" for j in range(d)]
        lines += [*rest_square(rule, d, "", square, at=before), *usual_square("margin", "rest")]
    lines += [f"margin = select(({asked} < surely_small) | ({asked} > surely_not), margin, -1.0)"]
    lines += [f"small = {' & '.join([f'({asked} < surely_small)', *at_rest(rule, d)])}"]
    lines += ["code = select(small, float(ARRIVED), select(taken >= limit, float(ALONE), float(GOING)))"]
    lines += ["code = select(margin >= 0.0, code, float(ALONE))"]
    lines += [f"go = (code == float(GOING)) & (taken < {place('(TAKEN + 1)', of='aside')})"]
    for k, name in enumerate(names):
        lines += [f"{place(k, of='aside')} = select(go, {name}, old_{name})"]
    lines += [f"{place('TAKEN', of='aside')} = select(go, taken + 1.0, taken)"]
    return [*lines, f"{place('(TAKEN + 2)', of='aside')} = {asked}", f"{place('(TAKEN + 3)', of='aside')} = code"]


def free_update(rule: Rule, d: int, square: str, coefficients: str, *, conditional: bool) -> list[str]:
    """The body of the loop where rows stop at the limit only; conditional if usual arguments have to be asked for."""
    v, g = (", ".join(f"{name}{j}" for j in range(d)) for name in "vg")
    lines = [f"{g}, margin, _ = usual_gradient({v}{coefficients})"]
    if needs_margin(rule):
        lines += [f"square = {square}", *usual_square("margin")]
    lines += update(rule, d, taken="first + p", norm="math.sqrt(square)")
    lines += [f"{place(k)} = {name}" for k, name in enumerate(words(rule, d))]
    least = place("MARGIN")
    return lines + [f"{least} = smaller(margin, {least})"] * (conditional or needs_margin(rule))


def place(word: int | str, i: str = "i", of: str = "block") -> str:
    """Where the block has a word of a row."""
    return f"{of}[{word} * width + {i}]"


def usual_square(margin: str, square: str = "square") -> list[str]:
    """Lines that make a margin negative where a square is rounded away, has no room, or is not a number."""
    return [f"{margin} = select(({square} > 1e-280) & ({square} < 1e300), {margin}, -1.0)"]


def projected(rule: Rule, d: int, lane: str = "", at: Sequence[str] = ()) -> list[str]:
    """Lines that compute h0, h1, ..., the projected gradient of a rule that is held in a box, from g0, g1, ...

    A component is dropped where the point is on a face, and against the gradient would leave the box.
    """
    lines = []
    for j, names in enumerate(_names(rule, d, lane)):
        x, g, low, high = at[j] if at else names["x"], names["g"], *(names[bound] for bound in rule.bounds)
        out = f"(({x} <= {low}) & ({g} > 0.0)) | (({x} >= {high}) & ({g} < 0.0))"
        lines.append(f"h{j}{lane} = select({out}, 0.0, {g})")
    return lines


def rest_square(rule: Rule, d: int, lane: str, square: str, at: Sequence[str] = ()) -> list[str]:
    """Lines that compute ``rest``, the square of the projected gradient, in the operations of a gradient's square."""
    if not rule.bounds:
        return []
    return [*projected(rule, d, lane, at), f"rest = {_OF_A_GRADIENT.sub('h', square).replace('@', lane)}"]


def rest_norm(rule: Rule, d: int) -> list[str]:
    """Lines that compute the norm of which it depends whether a descent rests, and ``slope``, that of the gradient."""
    g, h = (", ".join(f"{name}{j}" for j in range(d)) for name in "gh")
    if not rule.bounds:
        return [f"norm = norm_of({g})"]
    slope = [f"slope = norm_of({g})"] * ("gnorm" in rule.reads)
    return [*slope, *projected(rule, d), f"norm = norm_of({h})"]


def _room(d: int, a: str) -> list[str]:
    """Lines for the least distance of a row from the faces of the arena."""
    first, *others = (f"half{j} - abs(old_v{j}{a} - center{j})" for j in range(d))
    return [f"room{a} = {first}", *(f"room{a} = smaller({each}, room{a})" for each in others)]


def at_rest(rule: Rule, d: int, before: Sequence[str] = ()) -> list[str]:
    """What has to hold besides of the update just made, if a row is at rest where its gradient is small."""
    if rule.rest != "step":
        return []
    names = _names(rule, d, "")
    before = before or [f"old_v{j}" for j in range(d)]
    still = [f"(abs(v{j} - {before[j]}) <= {_rate(rule, names[j])} * tolerance)" for j in range(d)]
    return [f"({_rate(rule, names[0])} > 0.0)", *still]


def _rolling(rule: Rule, d: int, a: str) -> str:
    """Whether the update just made is so long that the row is not at rest, as :func:`rolls` has it."""
    names = _names(rule, d, a)
    return " | ".join(f"(abs(v{j}{a} - was{j}{a}) > {_rate(rule, names[j])} * stillness)" for j in range(d))


def _rate(rule: Rule, names: dict[str, str]) -> str:
    """The rate of a coordinate: how far it moves, over its gradient, or what counts as that."""
    rate = names.get(rule.rate or "", rule.rate or "1.0")
    return f"{rate} * {names[WIDTH]} * {names[WIDTH]}" if rule.in_widths else rate


def _in_arena(rule: Rule, d: int, a: str, *, first: bool) -> list[str]:
    """Lines that ask whether a point is in the arena, as all before it are; what is infinite nowhere is."""
    asked = [f"(abs(v{j}{a} - center{j}) < half{j})" for j in range(d)]
    if rule.bounds:  # which have faces where rows may stand
        low, high = ([names[bound] for names in _names(rule, d, a)] for bound in rule.bounds)
        asked = [f"({low[j]} <= v{j}{a}) & (v{j}{a} <= {high[j]})" for j in range(d)]
    return [f"inside{a} = {' & '.join(asked if first else [f'inside{a}', *asked])}"]


def _names(rule: Rule, d: int, lane: str) -> list[dict[str, str]]:
    """What the names in a rule's lines are called in the kernel, for each coordinate."""
    shared = {"t", "gnorm", *(s.name for s in rule.state if s.shared), *_assigned(rule.each_step)}
    own = {s.name for s in rule.state if not s.shared} | _assigned(rule.update) - {"x"}
    row = {"N": "N_", **{h.name: f"{h.name}_" for h in rule.hyperparameters}, **{n: f"{n}_{lane}" for n in shared}}
    each = {h.name for h in rule.hyperparameters if h.per_coordinate}
    return [
        {
            **row,
            **{name: f"{name}_{j}" for name in each},
            **{name: f"{name}_{j}{lane}" for name in own - shared},
            "x": f"v{j}{lane}",
            "g": f"g{j}{lane}",
        }
        for j in range(d)
    ]


def _assigned(lines: tuple[str, ...]) -> set[str]:
    return {line.partition("=")[0].strip() for line in lines}


def underscored(line: str) -> str:
    """A line with an underscore after each of its names, as what all coordinates of a rule share has it."""
    return _NAME.sub(lambda match: f"{match.group()}_", line)


def _renamed(line: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda match: names.get(match.group(), match.group()), line)
