"""Optimisers of SciPy: which of its `minimize` and `least_squares`, what each needs, its options, and what is set.

The names, options and defaults are SciPy's own, a test compares them with the one that is installed. To add one, add it
to :data:`OPTIMISERS`; :mod:`multistart.descents.outside` runs it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from multistart.errors import InputError, did_you_mean
from multistart.methods.rule import Flag, Hyperparameter, Rule, check_order

SCIPY = "scipy"
SETTINGS = ("method", "options")
SOURCE = "SciPy's minimize and least_squares: Virtanen and others 2020, Nature Methods 17"
SQUARES = "squares"  # the loss that has residuals
Options = tuple[tuple[str, float | bool | str], ...]

VALUE, GRADIENT, HESSIAN = range(3)  # the highest derivative that an optimiser asks for
NEEDS = ("values alone", "values and gradients", "values, gradients and Hessians")
MANY = 1000  # evaluations a step: as many as no step takes, so that `max_steps` is the limit

#: Options that no study has, each with what to do in its place.
LEFT_OUT = {
    "maxiter": "max_steps says it",
    **dict.fromkeys(("disp", "iprint", "mesg_num"), "nothing is printed"),
    "verbose": "nothing is printed",
    **dict.fromkeys(("loss", "f_scale"), "the objective has a loss of its own, and losses but squares no residuals"),
    **dict.fromkeys(("diff_step", "jac_sparsity"), "the Jacobian is exact"),
    **dict.fromkeys(("tr_solver", "tr_options"), "it is for Jacobians that are sparse"),
    "return_all": "the pictures show the way of descents",
    "workers": "starts are shared among processes already",
    **dict.fromkeys(("eps", "finite_diff_rel_step", "accuracy"), "derivatives are exact"),
    **dict.fromkeys(("initial_simplex", "direc", "hess_inv0", "offset"), "it is an array, and options are numbers"),
    **dict.fromkeys(("bounds", "scale", "feasibility_tol"), "it is for bounds or constraints, and a study has none"),
}
_GLOBAL = "it searches a whole box and has no starts, give a method that descends from one"
#: What else SciPy has, each with what to do in its place.
NOT_TAKEN = {
    "trust-constr": "it is for constraints, and a study has none; give trust-exact",
    "COBYLA": "it is for constraints, and a study has none; give COBYQA, its successor",
    "dogleg": "it needs a Hessian that is positive definite everywhere; give trust-exact",
    "trust-krylov": "from one start it ends elsewhere from run to run, since SciPy reads memory that it has not set; "
    "give trust-ncg",
    **dict.fromkeys(("differential_evolution", "basinhopping", "dual_annealing", "direct", "shgo", "brute"), _GLOBAL),
}


@dataclass(frozen=True)
class Choice:
    """An option that is a word, or left to SciPy."""

    name: str
    meaning: str
    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return f"one of {', '.join(self.words)}"

    def checked(self, value: Any) -> str:
        """The word.

        Raises
        ------
        InputError
            Another one.
        """
        if value not in self.words:
            raise InputError(f"{self.name} is {self.allowed}; got {value!r}")
        return str(value)


@dataclass(frozen=True)
class Optimiser:
    """A method of SciPy's `minimize`, or of its `least_squares`.

    Attributes
    ----------
    name, says
        As SciPy has it; what it does, in a line.
    needs
        The highest derivative that it asks for: :data:`VALUE`, :data:`GRADIENT` or :data:`HESSIAN`.
    options
        Those that a config may give, with SciPy's defaults; ``gtol``, where it has one, follows ``gradient_tolerance``.
    order
        What holds of them, as in ``"c1 < c2"``, or SciPy ends every descent with an error.
    largest_component
        Whether ``gtol`` bounds the largest component of the gradient; else its Euclidean norm.
    steps
        The option that limits its steps, none where it has none, and how many more than ``max_steps`` it is to be.
    evaluations
        The option that limits evaluations, where its default would end a descent before its steps run out.
    tries
        Whether what SciPy says after each step is a point that the next line search tries. Its steps then go to the
        points at which it asks for the gradient.
    bounds
        Whether it can be held in a box.
    residuals
        Whether it is one of `least_squares`, which asks for residuals and their Jacobian.
    """

    name: str
    says: str
    needs: int
    options: tuple[Hyperparameter | Flag | Choice, ...]
    order: tuple[str, ...] = ()
    largest_component: bool = True
    steps: tuple[str, int] = ("maxiter", 0)
    evaluations: str = ""
    tries: bool = False
    bounds: bool = False
    residuals: bool = False

    @property
    def title(self) -> str:
        """Its name in words."""
        return f"SciPy's {self.name}"

    @property
    def has_gtol(self) -> bool:
        """Whether it stops by the gradient at all."""
        return GTOL in self.options

    @cached_property
    def rule(self) -> Rule:
        """What is known of it as of any rule: nothing but its name."""
        return Rule(self.title, SOURCE, hyperparameters=(), update=())

    @cached_property
    def takes(self) -> dict[str, Hyperparameter | Flag | Choice]:
        """Its options by name."""
        return {option.name: option for option in self.options}

    def not_for(self, loss: str | None) -> str:
        """Why it cannot descend on a fit of a loss, or on a function that is no fit; empty where it can."""
        if not self.residuals or loss == SQUARES:
            return ""
        takes = f"{self.title} asks for residuals, which a fit of the loss {SQUARES} has"
        if loss is None:
            return f"{takes}, and the objective is no fit: give a model and data, or take trust-exact or L-BFGS-B"
        return f"{takes}, with weights or without, and this one is {loss}: take levenberg_marquardt or trust-exact"

    def checked(self, given: Mapping[str, Any]) -> Options:
        """Options that were given, as SciPy takes them.

        Raises
        ------
        InputError
            One that it does not take, or not such a value.
        """
        for name in given:
            if said := self.refused(name):
                raise InputError(f"option {name} {said}")
        found = {name: self.takes[name].checked(value) for name, value in given.items()}
        defaults = {option.name: option.default for option in self.options if isinstance(option, Hyperparameter)}
        check_order(self.order, defaults | found)
        return tuple(found.items())  # type: ignore[arg-type]

    def refused(self, name: str) -> str:
        """Why it does not take an option; empty where it does."""
        if name in self.takes:
            return ""
        if reason := LEFT_OUT.get(name):
            return f"is left out: {reason}"
        return f"is none of {self.title}, which takes {', '.join(self.takes)}{did_you_mean(name, self.takes)}"

    def for_scipy(self, given: Options, max_steps: int, tolerance: float, d: int) -> dict[str, float | bool | str]:
        """The options of a call: those given, and what the study sets.

        A gradient whose largest component is at most ``tolerance / sqrt(d)`` has at most the norm ``tolerance``.
        """
        limit, more = self.steps
        options: dict[str, float | bool | str] = {limit: max_steps + more} if limit else {}
        if self.evaluations:
            options[self.evaluations] = min(MANY * max_steps, 2**31 - 1)
        if self.has_gtol:
            options["gtol"] = tolerance / math.sqrt(d) if self.largest_component else tolerance
        return options | dict(given)


def _number(name: str, meaning: str, default: float, **more: Any) -> Hyperparameter:
    return Hyperparameter(name, meaning, default, default=default, **more)


def _whole(name: str, meaning: str, default: float | None, **more: Any) -> Hyperparameter:
    return Hyperparameter(name, meaning, default or 1, default=default, whole=True, **more)


GTOL = Hyperparameter("gtol", "it stops at a gradient of at most this", 1e-5, above=0)
NORM = _number("norm", "order of the norm of gradients that it stops by", math.inf, least=1)
ARMIJO = _number("c1", "how much a step lowers the value (Armijo)", 1e-4, above=0, below=1)
_FTOL = "it stops where a step lowers the value by less than this"


def _curvature(default: float) -> Hyperparameter:
    return _number("c2", "how much a step lowers the slope (Wolfe)", default, above=0, below=1)


TRUST = (
    _number("initial_trust_radius", "length of the first step at most", 1.0, unit="x", above=0),
    _number("max_trust_radius", "length of any step at most", 1000.0, unit="x", above=0),
    _number("eta", "what part of the expected gain a step has to bring", 0.15, least=0, below=0.25),
    GTOL,
)
EPSILON = 2.0**-52  # below which SciPy's lm takes no tolerance
WOLFE, RADII = ("c1 < c2",), ("initial_trust_radius < max_trust_radius",)
MAXFUN = _whole("maxfun", "evaluations of the value at most", None, least=1)
MAXFEV = _whole("maxfev", "evaluations of the value at most", None, least=1)
MAX_NFEV = _whole("max_nfev", "evaluations of the residuals at most", None, least=1)
X_SCALE = Choice(
    "x_scale", "how long steps may be in each variable: jac, by the columns of the Jacobian; else all alike", ("jac",)
)
_TOLERANCES = (
    _number("ftol", f"{_FTOL}, relative to the value", 1e-8, least=0),
    _number("xtol", "it stops at a step of less than this, relative to the point", 1e-8, least=0),
)

#: The optimisers that a config can name.
OPTIMISERS = {
    each.name: each
    for each in (
        Optimiser(
            "L-BFGS-B",
            "quasi-Newton steps from the last few gradients",
            GRADIENT,
            (
                _whole("maxcor", "steps that are remembered", 10, least=1, most=1000),
                _number("ftol", f"{_FTOL}, relative to the value or 1", 2.220446049250313e-09, least=0),
                GTOL,
                MAXFUN,
                _whole("maxls", "line search steps at most", 20, least=1),
            ),
            evaluations="maxfun",
            bounds=True,
        ),
        Optimiser(
            "BFGS",
            "quasi-Newton steps from all gradients",
            GRADIENT,
            (
                GTOL,
                NORM,
                _number("xrtol", "it stops at a step of less than this, relative to the point", 0.0, least=0),
                ARMIJO,
                _curvature(0.9),
            ),
            order=WOLFE,
        ),
        Optimiser("CG", "conjugate gradients (Polak, Ribiere)", GRADIENT, (GTOL, NORM, ARMIJO, _curvature(0.4)), WOLFE),
        Optimiser(
            "Newton-CG",
            "Newton's steps, cut short where the function curves downwards",
            HESSIAN,
            (
                _number("xtol", "it stops at a mean step of less than this", 1e-5, unit="x", above=0),
                ARMIJO,
                _curvature(0.9),
            ),
            order=WOLFE,
        ),
        Optimiser(
            "TNC",
            "truncated Newton steps from differences of gradients",
            GRADIENT,
            (
                _whole("maxCGit", "inner steps at most; below 0 half of the variables", -1),
                _number("eta", "severity of the line search; 0.25 below 0", -1.0, most=1),
                _number("stepmx", "length of a line search step at most; 10 for 0", 0.0, unit="x", least=0),
                _number("minfev", "estimate of the lowest value", 0.0, unit="f"),
                _number("ftol", f"{_FTOL}; 0 below 0", -1.0, unit="f"),
                _number("xtol", "it stops at a step of less than this; 1.5e-8 below 0", -1.0),
                GTOL,
                _number("rescale", "when values are scaled anew, a power of ten; 1.3 below 0", -1.0),
                MAXFUN,
            ),
            steps=("", 0),
            evaluations="maxfun",
            bounds=True,
        ),
        Optimiser(
            "SLSQP",
            "quadratic subproblems, here without constraints",
            GRADIENT,
            (_number("ftol", _FTOL, 1e-6, unit="f", above=0),),
            tries=True,
            bounds=True,
        ),
        Optimiser(
            "trust-exact",
            "steps to the lowest point of a quadratic model within a radius",
            HESSIAN,
            (*TRUST, _whole("subproblem_maxiter", "inner steps at most; none by default", None, least=1)),
            order=RADII,
            largest_component=False,
        ),
        Optimiser(
            "trust-ncg",
            "steps by conjugate gradients on a quadratic model within a radius",
            HESSIAN,
            TRUST,
            order=RADII,
            largest_component=False,
        ),
        Optimiser(
            "Nelder-Mead",
            "a simplex that is mirrored, stretched and shrunk",
            VALUE,
            (
                _number("xatol", "it stops at a simplex no larger than this", 1e-4, unit="x", above=0),
                _number("fatol", "and with values no further apart than this", 1e-4, unit="f", above=0),
                Flag("adaptive", "whether its numbers follow the number of variables"),
                MAXFEV,
            ),
            steps=("maxiter", 1),
            bounds=True,
        ),
        Optimiser(
            "Powell",
            "line searches along directions that become conjugate",
            VALUE,
            (
                _number("xtol", "relative accuracy of the line search", 1e-4, above=0),
                _number("ftol", f"{_FTOL}, relative to the value", 1e-4, above=0),
                MAXFEV,
            ),
            bounds=True,
        ),
        Optimiser(
            "COBYQA",
            "quadratic models of values, within a radius",
            VALUE,
            (
                _number("initial_tr_radius", "the first radius", 1.0, unit="x", above=0),
                _number("final_tr_radius", "it stops at this radius", 1e-6, unit="x", above=0),
                _number("f_target", "it stops at a value of at most this", -math.inf, unit="f"),
                MAXFEV,
            ),
            order=("final_tr_radius <= initial_tr_radius",),
            evaluations="maxfev",
            bounds=True,
        ),
        Optimiser(
            "trf",
            "for fits: Gauss-Newton steps within a trust region, which bounds reflect",
            GRADIENT,
            (*_TOLERANCES, GTOL, X_SCALE, MAX_NFEV),
            steps=("", 0),
            evaluations="max_nfev",
            tries=True,
            bounds=True,
            residuals=True,
        ),
        Optimiser(
            "dogbox",
            "for fits: Powell's dogleg within a box",
            GRADIENT,
            (*_TOLERANCES, GTOL, X_SCALE, MAX_NFEV),
            steps=("", 0),
            evaluations="max_nfev",
            tries=True,
            bounds=True,
            residuals=True,
        ),
        Optimiser(
            "lm",
            "for fits: Levenberg and Marquardt's method as MINPACK has it",
            GRADIENT,
            (
                *(replace(each, least=EPSILON) for each in _TOLERANCES),
                _number("gtol", "it stops at residuals so near to orthogonal to the slopes", 1e-8, least=EPSILON),
                MAX_NFEV,
            ),
            steps=("", 0),
            evaluations="max_nfev",
            tries=True,
            residuals=True,
        ),
    )
}


def refused(name: object) -> str:
    """Why a name is no optimiser's, with the near one or what to take in its place; empty where it is one."""
    if isinstance(name, str) and name in OPTIMISERS:
        return ""
    spelled = {_letters(each): each for each in (*OPTIMISERS, *NOT_TAKEN)}
    near = get_close_matches(_letters(str(name)), list(spelled), n=1, cutoff=0.7)
    meant = spelled[near[0]] if near else ""
    if meant in NOT_TAKEN:
        return f"{meant} is left out: {NOT_TAKEN[meant]}"
    hint = f'; did you mean "{meant}"?' if meant else ""
    return f'"{name}" is not one of {", ".join(OPTIMISERS)}{hint}'


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))


def not_taken(name: str) -> str:
    """Why a hyperparameter of rules is none of SciPy's methods."""
    if name == "learning_rate":
        return "is not used: SciPy's methods choose the lengths of their steps themselves"
    return f"is not used: {SCIPY} takes method and options"


def checked(given: Mapping[str, Any], gradient_tolerance: float) -> tuple[tuple[str, Any], ...]:
    """The settings of a method by SciPy: its name and its options.

    Raises
    ------
    InputError
        No method, an unknown one, a setting that it does not have, or options that it does not take.
    """
    for name in given:
        if name not in SETTINGS:
            raise InputError(f"{SCIPY}: {name} {not_taken(name)}")
    if given.get("method") is None:
        raise InputError(f"method is missing; give one of {', '.join(OPTIMISERS)}")
    if not gradient_tolerance:
        raise InputError(f"gradient_tolerance is above 0 for {SCIPY}, whose methods stop by themselves; got 0")
    if said := refused(given["method"]):
        raise InputError(f"method {said}")
    optimiser, options = OPTIMISERS[given["method"]], given.get("options") or {}
    if not isinstance(options, Mapping | tuple):
        raise InputError(f"options is a mapping such as {{maxcor: 5}}; got {options!r}")
    return (("method", optimiser.name), ("options", optimiser.checked(dict(options))))


def spelled(options: Options) -> str:
    """Options in words, as in "ftol 1e-12, adaptive true"."""

    def word(x: float | bool | str) -> str:
        return str(x).lower() if isinstance(x, bool | str) else f"{x:g}"

    return ", ".join(f"{name} {word(x)}" for name, x in options)
