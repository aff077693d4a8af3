"""`compile_kernel`: an objective's compiled functions, from the cache or from the compiler."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import RLock, get_ident
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.files.cache_entries import one_at_a_time, read_entry, source_digest, write_entry
from multistart.functions.objective import Objective
from multistart.kernels.machine_code import MachineCode, NativeFunction, Room, as_data, from_data, machine, version_of
from multistart.methods import Method, Rule, Search
from multistart.methods.search import APART, COUNTERS, LEAST_SQUARES, PARTS

Array = NDArray[np.float64]
#: What shapes the text of a kernel besides objective and rule, and what is compiled into it besides its text.
WRITTEN_BY = ("*.py", "functions/**/*.py", "kernels/**/*.py", "methods/*.py")
COMPILED_IN = (
    "kernels/curvature/*.py", "kernels/compiler.py", "kernels/machine_code.py", "kernels/rows.py",
    "kernels/signatures.py", "kernels/straight.py", "kernels/sums.py", "kernels/traps.py", "kernels/vectormath/*.py",
    "kernels/searches/*.py", "methods/endings.py", "methods/flow.py", "methods/search.py",
)  # fmt: skip
_AS_TEXT = ("loop.py", "searches/*.py")
#: Functions of the loop over a block, which all kernels share, and those that a formula and a rule have.
LOOP = ("descend_rows", "ball_around")
LOOP_TEXT = Path(__file__).with_name("loop.py")
UPDATES = ("advance", "advance_freely", "advance_singly", "walk")
VALUES: Literal["values"] = "values"
RESIDUALS: Literal["residuals"] = "residuals"
#: What a text is of, besides an objective: a rule, parts of it, values at a block of points, the residuals of a fit,
#: or, none, its evaluation.
Text = Rule | Literal["apart", "least_squares", "residuals", "values"] | None
SEARCHED = {"block": 8, "passes": 256, "unroll": 1, "may_be_free": False, "autonomous": True}
CACHE_LINE = 64  # bytes
_COMPILING = RLock()  # the compiler is changed meanwhile, for all threads
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outline:
    """What there is to know of a kernel's text without writing it, which takes SymPy half a second.

    Attributes
    ----------
    text
        The SHA-256 of the text.
    block, passes, words, unroll, may_be_free, autonomous, platform_dependent
        Those of :class:`multistart.kernels.source.Source`.
    """

    text: str
    block: int
    passes: int
    words: int
    unroll: int
    may_be_free: bool
    autonomous: bool
    platform_dependent: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """The compiled value, gradient and Hessian of one objective.

    Attributes
    ----------
    function
        The template's exported function ``evaluate``.
    cache
        The folder that the user named for compiled functions, if any.
    numbers
        The free parameters of the objective, shape ``(p,)``; the function is the same for all.
    """

    outline: Outline
    function: NativeFunction
    cache: Path | str | None
    numbers: Array = field(default_factory=lambda: np.empty(0))

    def evaluate(self, points: Array, numbers: Array | None = None) -> tuple[Array, Array, Array]:
        """Return values, gradients and Hessians: shapes ``(n,)``, ``(n, d)``, ``(n, d, d)``.

        At other numbers of the free parameters than the objective's, where some are given.

        Raises
        ------
        InputError
            More or fewer numbers than there are free parameters.
        """
        numbers = self.numbers if numbers is None else np.require(numbers, np.float64, ["C", "A", "W"])
        if numbers.shape != self.numbers.shape:
            raise InputError(f"there are {len(self.numbers)} free parameters; got {len(numbers)} numbers")
        points = np.require(points, np.float64, ["C", "A", "W"])
        n, d = points.shape
        value, gradient, hessian = np.empty(n), np.empty((n, d)), np.zeros((n, d, d))
        self.function(points, numbers, value, gradient, hessian)
        return value, gradient, hessian

    def at(self, numbers: Array) -> Evaluation:
        """The same function for other numbers of the free parameters."""
        return replace(self, numbers=numbers) if len(numbers) else self


@dataclass(frozen=True)
class Kernel:
    """The compiled descent of one objective under one rule; see :mod:`multistart.kernels.loop` for arguments.

    Attributes
    ----------
    passes
        What to give :meth:`descend_rows` for its argument of that name; any number gives the same bits.
    updates
        The template's functions: what depends on objective and rule.
    loop
        The functions of :mod:`multistart.kernels.loop`, which all kernels share.
    evaluation
        Value, gradient and Hessian, which all rules share.
    values
        Gives the function for values at a block of points, which few descents need: it is compiled when asked for.
    parts
        For a search: what it asks for, each by itself, for compiled code; in the order of :data:`.search.PARTS`.
    room
        For a search: numbers that an update works in besides the row.
    """

    outline: Outline
    updates: Mapping[str, NativeFunction]
    loop: Mapping[str, NativeFunction]
    evaluation: Evaluation
    values: Callable[[], NativeFunction]
    parts: Mapping[str, NativeFunction] = field(default_factory=dict)
    room: int = 0

    @property
    def passes(self) -> int:
        """Passes over a block between two looks at it."""
        return self.outline.passes

    @property
    def cache(self) -> Path | str | None:
        """The folder that the user named for compiled functions, if any."""
        return self.evaluation.cache

    def at(self, numbers: Array) -> Kernel:
        """The same functions for other numbers of the free parameters."""
        return replace(self, evaluation=self.evaluation.at(numbers)) if len(numbers) else self

    def descend_rows(self, *given: Any) -> None:
        """Descend from every row of a block of starts, without the interpreter's lock.

        Given are the arguments of the loop's function of this name, from ``start`` to ``stop``.
        """
        start, end, carried, *rest = given
        passes, balls, stop = rest[-3:]
        outline, (n, d) = self.outline, start.shape
        size = balls.shape[1]  # of a region more numbers, and rows are asked after so many updates, not at any
        passes = passes if size == d + 1 else outline.passes
        width = -(-outline.block // 8) * 8  # so that rows can be taken two, and marks eight at a time
        room = _room(get_ident(), width, d, outline.words, passes if len(balls) else 0, self.room)
        counters = COUNTERS if self.parts else 0
        known = (d, outline.words, counters, size, outline.unroll, outline.may_be_free, outline.autonomous)
        addresses = (*(self.updates[name].address for name in UPDATES), self.loop["ball_around"].address)
        numbers = self.evaluation.numbers
        formula = np.array([*(part.address for part in self.parts.values()), d, outline.words])
        formula = np.concatenate([formula, numbers.view(np.int64)])
        norms, steps, ending, hyper, *rest = rest[:-3]
        start = np.require(start, np.float64, ["C", "A", "W"])
        self.loop["descend_rows"](
            n,
            start,
            end,
            carried,
            norms,
            steps,
            ending,
            np.concatenate([hyper, numbers]),
            *rest,
            passes,
            balls,
            len(balls),
            stop,
            *known,
            *addresses,
            formula,
            width,
            room=room,
        )

    def evaluate(self, points: Array) -> tuple[Array, Array, Array]:
        """Return values, gradients and Hessians: shapes ``(n,)``, ``(n, d)``, ``(n, d, d)``."""
        return self.evaluation.evaluate(points)


def compile_kernel(objective: Objective, method: Method, cache: Path | str | None = None) -> Kernel:
    """Return the compiled kernel of an objective under a method's rule, from the cache where it is there.

    The method's numbers and the objective's free parameters are arguments of the kernel: what differs in them alone has
    the same one.

    Parameters
    ----------
    cache
        Folder for compiled functions, made if missing; by default the user's own. Where it cannot be written, the
        kernel is compiled anew. Safe to share between processes: see :mod:`multistart.files.cache_entries`.
    """
    return _kernel(objective.family, method.rule, cache).at(objective.numbers)


def compile_evaluation(objective: Objective, cache: Path | str | None = None) -> Evaluation:
    """Return the compiled value, gradient and Hessian of an objective, from the cache where they are there."""
    return _evaluation(objective.family, cache).at(objective.numbers)


def compile_residuals(objective: Objective, cache: Path | str | None = None) -> NativeFunction:
    """Return the compiled residuals of a fit of squares, and their Jacobian, from the cache where they are there.

    ``residuals(point, numbers, r, J)`` fills in r of shape ``(n,)``, half of whose squares add up to the value, and J
    of shape ``(n, d)``.
    """
    return _residuals(objective.family, cache)


@lru_cache(maxsize=64)
def _residuals(objective: Objective, cache: Path | str | None) -> NativeFunction:
    return loaded((RESIDUALS,), objective, RESIDUALS, cache)[1][RESIDUALS]


@lru_cache(maxsize=64)
def _evaluation(objective: Objective, cache: Path | str | None) -> Evaluation:
    outline, functions = loaded(("evaluate",), objective, None, cache)
    return Evaluation(outline, functions["evaluate"], cache)


@lru_cache(maxsize=64)
def _values(objective: Objective, cache: Path | str | None) -> NativeFunction:
    return loaded(("values",), objective, VALUES, cache)[1]["values"]


@lru_cache(maxsize=64)
def _kernel(objective: Objective, rule: Rule, cache: Path | str | None) -> Kernel:
    if isinstance(rule, Search):
        return _kernel_of_search(objective, rule, cache)
    outline, updates = loaded(UPDATES, objective, rule, cache)
    values = partial(_values, objective, cache)
    return Kernel(outline, updates, loaded_loop(cache), _evaluation(objective, cache), values)


def _kernel_of_search(objective: Objective, rule: Search, cache: Path | str | None) -> Kernel:
    """The search, the loop and the parts of the formula, none of which knows of the others."""
    d = objective.dimensions
    outline, parts = loaded(PARTS[rule.asks], objective, rule.asks, cache)
    outline = replace(outline, words=rule.words(d), **SEARCHED)  # type: ignore[arg-type]
    return Kernel(
        outline, loaded_search(*rule.kernel, cache), loaded_loop(cache), _evaluation(objective, cache),
        partial(_values, objective, cache), parts, rule.working_room(d),
    )  # fmt: skip


@lru_cache(maxsize=16)
def loaded_search(module: str, walk: str, cache: Path | str | None = None) -> dict[str, NativeFunction]:
    """Return the functions of a module of :mod:`multistart.kernels.searches`, for all formulas."""
    text = (Path(__file__).parent / "searches" / f"{module}.py").read_text()
    names = (*UPDATES[:-1], walk)
    found = kept_or_made(f"the search {walk}", digest(text), lambda: text, names, cache)
    return dict(zip(UPDATES, found.values(), strict=True))


@lru_cache(maxsize=16)
def loaded_loop(cache: Path | str | None = None) -> dict[str, NativeFunction]:
    """Return the functions of the loop, from the cache or from the compiler."""
    text = LOOP_TEXT.read_text()
    return kept_or_made("the loop over descents", digest(text), lambda: text, LOOP, cache)


def forget() -> None:
    """Forget the functions that this process has loaded."""
    _kernel.cache_clear()
    _evaluation.cache_clear()
    _values.cache_clear()
    _residuals.cache_clear()
    loaded_loop.cache_clear()
    loaded_search.cache_clear()


def platform_dependent(objective: Objective, rules: Iterable[Rule], cache: Path | str | None = None) -> list[str]:
    """Functions that kernels take from the platform's libm; bits may differ between machines where there are any."""
    texts: list[Text] = [None, *(rule.asks if isinstance(rule, Search) else rule for rule in rules)]
    return sorted({name for text in texts for name in outline_of(objective, text, cache).platform_dependent})


def loaded(
    names: Sequence[str], objective: Objective, rule: Text, cache: Path | str | None = None
) -> tuple[Outline, dict[str, NativeFunction]]:
    """Return the outline and the functions of a text, from the cache or from the compiler."""
    outline = outline_of(objective, rule, cache)
    what = f"{'the kernel' if isinstance(rule, Rule) else 'value and derivatives'} of {objective.name}"
    return outline, kept_or_made(what, outline.text, lambda: _written(objective, rule).text, names, cache)


def kept_or_made(
    what: str, text_digest: str, text: Callable[[], str], names: Sequence[str], cache: Path | str | None
) -> dict[str, NativeFunction]:
    """Functions of a text, given by its digest as well, from the cache or from the compiler.

    One process and one thread compiles them while others wait.
    """
    functions = kept_functions(text_digest, names, cache)
    if functions is None:
        with _COMPILING, one_at_a_time(cache, "kernels", _key(text_digest, names)):
            functions = kept_functions(text_digest, names, cache)
            if functions is None:
                _log.info("compiling %s: a few seconds, once", what)
                functions = compile_and_keep(text(), names, cache)
    return functions


def outline_of(objective: Objective, rule: Text, cache: Path | str | None = None) -> Outline:
    """Return the outline of a descent under a rule, or of an evaluation, from the cache where it is there."""
    objective = objective.family
    of = rule.identity if isinstance(rule, Rule) else rule
    key = {**objective.identity, "rule": of, "written by": source_digest(*WRITTEN_BY)}
    key["sympy"] = version_of("sympy")
    kept = read_entry(cache, "outlines", key)
    if kept is not None:
        return Outline(**{**kept, "platform_dependent": tuple(kept["platform_dependent"])})
    outline = _outline(_written(objective, rule))
    write_entry(cache, "outlines", key, asdict(outline))
    return outline


@lru_cache(maxsize=2)
def _written(objective: Objective, rule: Text) -> Any:
    from multistart.kernels import least_squares_source, source  # with SymPy, which a kept kernel does without

    if isinstance(rule, Rule):
        return source.write(objective, rule)
    writers = {
        None: source.write_evaluation, APART: source.write_parts, VALUES: source.write_values,
        LEAST_SQUARES: least_squares_source.write_least_squares, RESIDUALS: least_squares_source.write_residuals,
    }  # fmt: skip
    return writers[rule](objective)


def _outline(source: Any) -> Outline:
    return Outline(**{**vars(source), "text": digest(source.text)})


def digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def kept_functions(text: str, names: Sequence[str], cache: Path | str | None) -> dict[str, NativeFunction] | None:
    """Functions of a text of the package, given by its digest, from the cache; none where it does not have them."""
    kept = read_entry(cache, "kernels", _key(text, names))
    return None if kept is None else _native(from_data(kept, names))


def compile_and_keep(text: str, names: Sequence[str], cache: Path | str | None) -> dict[str, NativeFunction]:
    """Functions of a text of the package, compiled and kept in the cache."""
    from multistart.kernels.compiler import compile_functions  # Numba, which a kept kernel does without

    compiled = compile_functions(text, names)
    write_entry(cache, "kernels", _key(digest(text), names), as_data(compiled))
    return _native(compiled)


def _native(functions: Mapping[str, MachineCode]) -> dict[str, NativeFunction]:
    return {name: NativeFunction(code) for name, code in functions.items()}


def _key(text: str, names: Sequence[str]) -> dict[str, Any]:
    return {"text": text, "names": list(names), "compiled in": source_digest(*COMPILED_IN), "machine": machine()}


@lru_cache(maxsize=64)
def _room(thread: int, width: int, d: int, words: int, remembered: int, extra: int) -> Room:
    """What the descents of a thread work in, in the order of the loop's last arguments."""
    places, marked = np.zeros(width, np.int64), np.zeros(width, np.uint8)
    rows = [_aligned(words + 3, width), _aligned(remembered, words + 1, width), _aligned(words + 4, width)]
    points = [np.zeros(words), np.zeros(words), np.zeros(3 + words + extra), np.zeros(d + 3), np.zeros(d), np.zeros(d)]
    return Room(*rows, *points, places, marked, marked.view(np.int64))


def _aligned(*shape: int) -> Array:
    """An array from the beginning of a cache line, so that no register's load takes two."""
    extra = CACHE_LINE // 8
    raw = np.zeros(math.prod(shape) + extra)
    first = -raw.ctypes.data % CACHE_LINE // 8
    return raw[first : first + math.prod(shape)].reshape(shape)
