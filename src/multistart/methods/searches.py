"""The catalogue of searches: line searches and second-order methods, each as a textbook has it.

Where values of a function agree to 16 units in the last place, rounding decides which is the smaller. There a step is
judged by the slope at its end in place of the value: on a parabola Armijo's condition is
``p.g(x + a p) <= (2 decrease - 1) p.g(x)`` (Hager and Zhang 2005, SIAM J. Optim. 16(1), equation 2.4). Without that,
searches that go for gradients of 1e-8 creep, or end, where the gradient is some 1e-7.
"""

from __future__ import annotations

from multistart.methods.rule import Hyperparameter
from multistart.methods.search import LEAST_SQUARES, Search

RATE_UNIT = "x² / f"
SHRINK = Hyperparameter("shrink", "factor of the rate after each refused trial", 0.5, default=0.5, above=0, most=0.9)
DECREASE = Hyperparameter(
    "decrease", "part of the decrease that the slope promises which a step has to bring",
    1e-4, default=1e-4, above=0, below=0.5,
)  # fmt: skip
FIRST_TRIAL = Hyperparameter(
    "first_trial", "rate that each search begins at", 1.0, default=1.0, unit=RATE_UNIT, above=0
)
FIRST_RATE = Hyperparameter(
    "first_rate", "rate of the first update, and where the safeguard holds", 0.01, default=0.01, unit=RATE_UNIT, above=0
)
LARGEST_RATE = Hyperparameter(
    "largest_rate", "rate above which the safeguard holds", 1e10, default=1e10, unit=RATE_UNIT, above=0
)
SHIFT = Hyperparameter(
    "shift", "part of the Hessian's norm, the least that is added to the diagonal where it is not positive definite",
    1e-3, default=1e-3, above=0,
)  # fmt: skip
FIRST_STEP = Hyperparameter(
    "first_step", "length of the first trial, and of those that know of no curvature",
    0.1, default=0.1, unit="x", above=0,
)  # fmt: skip
F_STAR = Hyperparameter("f_star", "the lowest value, or a guess below it", -6.6, unit="f")
MAX_RATE = Hyperparameter("max_rate", "rate that no update exceeds", 0.05, default=0.05, unit=RATE_UNIT, above=0)
DAMPING = Hyperparameter(
    "damping", "damping of the first step, as a part of the normal matrix's diagonal", 1e-3, default=1e-3, above=0
)
ACCELERATION = Hyperparameter(
    "acceleration", "twice the acceleration beside the step at most; a step that bends more is refused",
    0.75, default=0.75, above=0,
)  # fmt: skip

_TRIALS = (
    "a = {}; while f(x + a*p) > f(x) + decrease*a*dot(g, p): a = shrink*a",
    "x = x + a*p",
)
_BB = (
    "s, y = x - last x, g - last g",
    "a = {}; first_rate in the first update, and where dot(s, y) <= 0 or a > largest_rate",
    "x = x - a*g",
)
_NO_LOWER = "where no trial is lower until x + a*p is x in floating point, it ends as `stationary`"

SEARCHES = {
    search.name: search
    for search in (
        Search(
            "armijo",
            "Armijo 1966, Pacific Journal of Mathematics 16(1); Nocedal and Wright 2006, algorithm 3.1",
            (FIRST_TRIAL, SHRINK, DECREASE),
            update=(),
            rest="gradient",
            says="gradient descent, each rate found by backtracking until the value decreases enough",
            pseudocode=("p = -g", _TRIALS[0].format("first_trial"), _TRIALS[1], _NO_LOWER),
            kernel=("backtracking", "armijo"),
            room=(2, 0),
            differs="not in torch and Keras, nor in SciPy by itself; optax has scale_by_backtracking_linesearch, which "
            "begins at its last rate, enlarged",
        ),
        Search(
            "barzilai_borwein_1",
            "Barzilai, Borwein 1988, IMA Journal of Numerical Analysis 8(1), equation 5; the safeguard of Raydan 1997, "
            "SIAM Journal on Optimization 7(1)",
            (FIRST_RATE, LARGEST_RATE),
            update=(),
            rest="twice",
            says="gradient descent, at the rate that fits the last step best: the longer of two",
            pseudocode=(_BB[0], _BB[1].format("dot(s, s)/dot(s, y)"), _BB[2]),
            kernel=("rates", "longer"),
            order=("first_rate <= largest_rate",),
            differs="not in torch, optax, Keras and SciPy; no search watches over the values, so they may rise",
        ),
        Search(
            "barzilai_borwein_2",
            "Barzilai, Borwein 1988, IMA Journal of Numerical Analysis 8(1), equation 6; the safeguard of Raydan 1997, "
            "SIAM Journal on Optimization 7(1)",
            (FIRST_RATE, LARGEST_RATE),
            update=(),
            rest="twice",
            says="gradient descent, at the rate that fits the last step best: the shorter of two",
            pseudocode=(_BB[0], _BB[1].format("dot(s, y)/dot(y, y)"), _BB[2]),
            kernel=("rates", "shorter"),
            order=("first_rate <= largest_rate",),
            differs="not in torch, optax, Keras and SciPy; no search watches over the values, so they may rise",
        ),
        Search(
            "polyak",
            "Polyak 1969, USSR Computational Mathematics and Mathematical Physics 9(3); capped as optax's polyak_sgd",
            (F_STAR, MAX_RATE),
            update=(),
            rest="gradient",
            says="gradient descent, at the rate that would reach the lowest value on a straight slope",
            pseudocode=(
                "a = min((f(x) - f_star)/dot(g, g), max_rate), 0 where f(x) <= f_star",
                "x = x - a*g",
                "at the rate 0 it ends as `stationary`",
            ),
            kernel=("rates", "polyak"),
            room=(1, 0),
            differs="optax's polyak_sgd with scaling 1 has the same rates, but negative ones below f_star, and stands "
            "still where dot(g, g) is below 2.2e-16; not in torch and Keras",
        ),
        Search(
            "newton",
            "Nocedal and Wright 2006, equation 2.15; by elimination with partial pivoting",
            (),
            update=(),
            rest="gradient",
            says="Newton's method as it stands: it goes to critical points of any kind, saddles and maxima too",
            pseudocode=("p = -solve(H, g)", "x = x + p"),
            kernel=("newton", "pure"),
            room=(1, 1),
            differs="not in torch, optax, Keras and SciPy",
        ),
        Search(
            "damped_newton",
            "Nocedal and Wright 2006, algorithms 3.2 and 3.3 (a multiple of the identity, by Cholesky's factors), 3.1; "
            "the shift is a part of the norm, so that it has no unit",
            (SHIFT, SHRINK, DECREASE),
            update=(),
            rest="gradient",
            says="Newton's method with a Hessian shifted until it is positive definite, and backtracking: down only",
            pseudocode=(
                "b = shift*norm(H), by Frobenius; c = 0 where min(diagonal(H)) > 0, else b - min(diagonal(H))",
                "while H + c*I has no Cholesky factors: c = max(2*c, b)",
                "p = -solve(H + c*I, g)",
                _TRIALS[0].format("1"),
                _TRIALS[1],
                _NO_LOWER,
            ),
            kernel=("newton", "damped"),
            room=(2, 2),
            differs="SciPy's Newton-CG and trust-exact find their directions otherwise; not in torch, optax and Keras",
        ),
        Search(
            "bfgs",
            "Broyden, Fletcher, Goldfarb, Shanno 1970; Nocedal and Wright 2006, equations 6.17 and 6.20; left out "
            "where a step shows no positive curvature, as Li and Fukushima 2001, SIAM Journal on Optimization 11(4)",
            (FIRST_STEP, SHRINK, DECREASE),
            update=(),
            rest="twice",
            says="Newton's method with a Hessian that is learned from the gradients on the way",
            pseudocode=(
                "s, y = x - last x, g - last g",
                "where dot(s, y) > 1e-8*norm(s)*norm(y): B = dot(s, y)/dot(y, y)*I if it is the first such step, then",
                "  B = (I - s*y'/dot(s, y))*B*(I - y*s'/dot(s, y)) + s*s'/dot(s, y)",
                "p = -B*g; before the first such step p = -first_step*g/norm(g)",
                _TRIALS[0].format("1"),
                _TRIALS[1],
                "where no trial is lower, B is forgotten; where it was, it ends as `stationary`",
            ),
            kernel=("quasi_newton", "bfgs"),
            memory=(3, 2, 1),
            room=(5, 0),
            differs="SciPy's BFGS searches for a step by the strong Wolfe conditions, and begins with one of length 1; "
            "torch and optax have L-BFGS, which remembers the last few steps; not in Keras",
        ),
        Search(
            "levenberg_marquardt",
            "Levenberg 1944; Marquardt 1963, J. SIAM 11(2); damping: Madsen, Nielsen and Tingleff 2004, Methods for "
            "non-linear least squares problems, algorithm 3.16; other losses: Schraudolph 2002, Neural Computation "
            "14(7); acceleration: Transtrum and Sethna 2012, arXiv:1201.5885",
            (DAMPING, ACCELERATION),
            update=(),
            rest="last_step",
            says="for fits: Newton's method with the curvature of the data's loss alone (Gauss-Newton), damped",
            pseudocode=(
                "J, l, m: slopes of the model by row; the loss of a row; the model's value",
                "G = J'*diag(max(l''(m), 0))*J, which is 2*J'*J of squares",
                "D = diagonal, max(D/2, G); mu = damping in the first update",
                "p = -solve(G + mu*D, g)",
                "a = -solve(G + mu*D, J'*diag(l''(m))*b), with b the second derivative of m along p",
                "refused where 2*norm(a) > acceleration*norm(p), in the norm of D; promise = dot(p, mu*D*p - g)/2",
                "gain = (f(x) - f(x + p + a/2))/promise; by the slopes where values differ by rounding alone",
                "where gain > 0: x = x + p + a/2, mu = mu*max(1/3, 1 - (2*gain - 1)**3), nu = 2",
                "else, and where refused: mu = nu*mu, nu = 2*nu, from p on",
                "where no trial is lower until x + p is x in floating point, it ends",
            ),
            kernel=("levenberg_marquardt", "levenberg_marquardt"),
            asks=LEAST_SQUARES,
            memory=(4, 1, 0),
            room=(8, 3),
            differs="MINPACK, which SciPy's least_squares with method lm and lmfit call, bounds the length of steps in "
            "place of the damping, forgets no scale, and knows of no acceleration; GSL has it, as lmaccel; not in "
            "torch, optax and Keras",
        ),
    )
}
