"""Translation: assignments of a rule -> lines of a kernel, what all coordinates share apart from what each has.

Each assignment makes a name of its own (single assignment), so that lines can change places: what depends on shared
names alone (``t``, ``N``, ``gnorm``, the rate, parameters, state that is made of such) is found and computed once an
update, before the lines of the coordinates, with exactly the bits it has where it stands. That is decided after sums
were fused (:mod:`.arithmetic`), so that it changes no bit. State whose updates are shared is shared. What ``x`` does
not depend on is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from multistart.methods import arithmetic
from multistart.methods.arithmetic import Name, Number, Operation, Term, call
from multistart.methods.language import RESERVED, Statement

PI = 3.141592653589793
RATE = "learning_rate"  # what the rate is called where no schedule makes it
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_BOOLEAN = {ast.And: "&", ast.Or: "|"}
Definition = tuple[Name, Term]


@dataclass(frozen=True)
class Translation:
    """A rule as lines of a kernel.

    Attributes
    ----------
    each_step, update
        As in :class:`multistart.methods.rule.Rule`.
    state
        What ``x`` depends on: its name, what lines call it, and whether it is shared.
    definitions
        What the lines are made of, in order: every name that is assigned, and its term.
    """

    each_step: tuple[str, ...]
    update: tuple[str, ...]
    state: tuple[tuple[str, str, bool], ...]
    definitions: tuple[Definition, ...]


def translated(
    statements: Sequence[Statement],
    *,
    state: Collection[str] = (),
    flags: Mapping[str, bool] | None = None,
    of_a_coordinate: Collection[str] = (),
    not_negative: Collection[str] = (),
    result: str = "x",
) -> Translation:
    """The lines of assignments that were checked.

    Parameters
    ----------
    flags
        What is true; of ``where(flag, a, b)`` the other side is left out.
    of_a_coordinate
        Parameters, and ``lr``, of which each coordinate has its own.
    not_negative
        Parameters that are never below 0: their powers need no look at their sign.
    result
        What is wanted: ``x``, or ``lr`` of a schedule alone.
    """
    built = _Builder(dict(flags or {}), not_negative)
    for name, value in statements:
        built.assign(name, value)
    needed = _needed(built.definitions, built.current, state, result)
    definitions = [(name, term) for name, term in built.definitions if name in needed]
    kept = tuple(name for name in state if Name(name) in needed)
    shared = _shared(definitions, kept, built.current, {"x", "g", *of_a_coordinate})
    once = [(name, term) for name, term in definitions if name in shared]
    each = [(name, term) for name, term in definitions if name not in shared]
    hoisted = _Hoisted(shared, built)
    each = [(name, hoisted.outside(term)) for name, term in each]
    once += hoisted.definitions
    spelling = _Spelling(once, each, kept, built.current)
    remembered = tuple((base, spelling.plain(base), Name(base) in shared) for base in kept)
    return Translation(tuple(spelling.once), tuple(spelling.each), remembered, tuple(definitions))


@dataclass
class _Builder:
    """Terms of trees, with names for what is used more than once."""

    flags: dict[str, bool]
    not_negative: Collection[str] = ()
    definitions: list[Definition] = field(default_factory=list)
    current: dict[str, int] = field(default_factory=dict)
    parts: int = 0

    def assign(self, name: str, value: ast.expr) -> None:
        """One more assignment of a name."""
        term = self.term(value)
        self.current[name] = self.current.get(name, 0) + 1
        self.definitions.append((Name(name, self.current[name]), term))

    def named(self, term: Term) -> Term:
        """A term that is cheap to write more than once: itself, or a name for it."""
        if not isinstance(term, Operation) or (term.function == "negative" and isinstance(term.operands[0], Name)):
            return term
        name = self.new_part()
        self.definitions.append((name, term))
        return name

    def new_part(self) -> Name:
        """A name that no text has."""
        self.parts += 1
        return Name(f" part {self.parts}", 1)

    def term(self, node: ast.expr) -> Term:
        """The term of a node that was checked, and of all below it."""
        match node:
            case ast.Constant(value=value):
                return Number(float(value))  # type: ignore[arg-type]
            case ast.Name(id="pi"):
                return Number(PI)
            case ast.Name(id=name):
                return Name(name, self.current.get(name, 0))
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.term(operand)
                return arithmetic.negative(inner) if isinstance(op, ast.USub) else inner
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self.term(left), self.term(right))
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self.term(left), self.term(right))
            case ast.Call(func=ast.Name(id="where"), args=[ast.Name(id=name), a, b]) if name in self.flags:
                return self.term(a if self.flags[name] else b)
            case ast.Call(func=ast.Name(id="where"), args=[condition, a, b]):
                return call("select", self._condition(condition), self.term(a), self.term(b))
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, [self.term(argument) for argument in arguments])
        raise AssertionError(f"not checked: {ast.dump(node)}")

    def _power(self, a: Term, b: Term) -> Term:
        negative_too = not self._is_not_negative(a)
        return arithmetic.power(self.named(a), self.named(b), self.named, negative_too=negative_too)

    def _is_not_negative(self, a: Term) -> bool:
        match a:
            case Number(value):
                return value >= 0
            case Name(base, 0):
                return base in (*self.not_negative, "lr", "t", "N", "gnorm")
            case Operation("abs" | "sqrt" | "exp"):
                return True
        return False

    def _call(self, function: str, operands: list[Term]) -> Term:
        match function:
            case "pow":
                return self._power(*operands)
            case "sign":
                return arithmetic.sign(self.named(operands[0]))
            case "floor":
                return arithmetic.floor(self.named(operands[0]))
            case "min" | "max":
                comparison, first, *others = "<" if function == "min" else ">", *operands
                for other in others:
                    first = arithmetic.extreme(comparison, self.named(first), self.named(other))
                return first
        return call(function, *operands)

    def _condition(self, node: ast.expr) -> Term:
        match node:
            case ast.BoolOp(op=op, values=values):
                return _joined(_BOOLEAN[type(op)], [self._condition(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self.named(self.term(side)) for side in (left, *others)]
                comparisons = zip(ops, sides, sides[1:], strict=False)
                return _joined("&", [call(_COMPARISONS[type(op)], a, b) for op, a, b in comparisons])
        raise AssertionError(f"not checked: {ast.dump(node)}")


_BINARY = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
}


def _joined(function: str, terms: list[Term]) -> Term:
    first, *others = terms
    for other in others:
        first = call(function, first, other)
    return first


def names_in(term: Term) -> set[Name]:
    """The names that a term reads."""
    if isinstance(term, Operation):
        return {name for operand in term.operands for name in names_in(operand)}
    return {term} if isinstance(term, Name) else set()


def _needed(definitions: list[Definition], last: dict[str, int], state: Collection[str], result: str) -> set[Name]:
    """What the result depends on, in this update or in a later one."""
    terms = dict(definitions)
    needed: set[Name] = set()
    open_ = [Name(result, last[result])]
    while open_:
        name = open_.pop()
        if name not in needed:
            needed.add(name)
            open_ += names_in(terms[name]) if name in terms else []
            open_ += [Name(name.base, last[name.base])] if name.version == 0 and name.base in state else []
    return needed


def _shared(definitions: list[Definition], state: Collection[str], last: dict[str, int], own: set[str]) -> set[Name]:
    """The names that all coordinates share: state unless one of its updates is of a coordinate."""
    own = set(own)
    while True:
        of_a_coordinate = {Name(base) for base in own}
        for name, term in definitions:
            if name.base == "x" or names_in(term) & of_a_coordinate:
                of_a_coordinate.add(name)
        found = {base for base in state if Name(base, last[base]) in of_a_coordinate} - own
        if not found:
            read = {name for _, term in definitions for name in names_in(term)}
            return {*read, *(name for name, _ in definitions)} - of_a_coordinate
        own |= found


@dataclass
class _Hoisted:
    """The shared parts of terms of a coordinate, under names of their own; equal parts once."""

    shared: set[Name]
    built: _Builder
    known: dict[Term, Name] = field(default_factory=dict)

    @property
    def definitions(self) -> list[Definition]:
        """What is computed once an update."""
        return [(name, term) for term, name in self.known.items()]

    def outside(self, term: Term) -> Term:
        """A term with names for its largest shared parts; a name or a number, negative or not, is its own name."""
        if not isinstance(term, Operation):
            return term
        condition = term.function in (*arithmetic.COMPARISONS, "&", "|")
        sign_of_an_atom = term.function == "negative" and not isinstance(term.operands[0], Operation)
        if names_in(term) and names_in(term) <= self.shared and not condition and not sign_of_an_atom:
            if term not in self.known:
                self.known[term] = self.built.new_part()
            return self.known[term]
        return Operation(term.function, tuple(self.outside(operand) for operand in term.operands))


class _Spelling:
    """Lines of definitions. What a name holds last has the name itself, before that it has names of its own."""

    def __init__(
        self, once: list[Definition], each: list[Definition], state: Collection[str], last: Mapping[str, int]
    ) -> None:
        read = {name for _, term in [*once, *each] for name in names_in(term)}
        assigned = [name for name, _ in [*once, *each]]
        self._taken = {name.base for name in (*read, *assigned)} | {*state, *RESERVED}
        self._plain: dict[str, str] = {}
        self._names: dict[Name, str] = {}
        for name in sorted(read, key=lambda name: name.base):
            if name.version == 0:
                self._names[name] = RATE if name.base == "lr" else self.plain(name.base)
        for name in assigned:
            is_last = name.version == last.get(name.base, name.version)
            self._names[name] = self.plain(name.base) if is_last else self._fresh(f"{name.base}{name.version}")
        self.once = self._lines_once(once, each)
        self.each = [self._line(*definition) for definition in each]

    def plain(self, base: str) -> str:
        """The name itself, unless it is a part's or would be taken for the kernel's copy of another."""
        if base not in self._plain:
            part, old = base.startswith(" "), base.startswith("old_")
            fresh = base.replace(" part ", "c") if part else f"past{base[3:]}"
            self._plain[base] = self._fresh(fresh) if part or old else base
        return self._plain[base]

    def _lines_once(self, once: list[Definition], each: list[Definition]) -> list[str]:
        """With copies of state that is assigned before all that reads what it was has done so."""
        lines = []
        for i, (name, term) in enumerate(once):
            line, before = self._line(name, term), Name(name.base)
            later = {read for _, other in [*once[i + 1 :], *each] for read in names_in(other)}
            if before in later and self._names[name] == self._names[before]:
                copy = self._fresh(f"{name.base}_before")
                lines.append(f"{copy} = {self._names[before]}")
                self._names[before] = copy
            lines.append(line)
        return lines

    def _line(self, name: Name, term: Term) -> str:
        return f"{self._names[name]} = {arithmetic.spelled(term, self._names)}"

    def _fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
