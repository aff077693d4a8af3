"""Rules that divide each component of the gradient by a mean of its size, as AdaGrad, RMSprop and Adam do.

At a constant rate most of them never rest near a minimum: as the mean falls with the gradient, their steps do not get
shorter, until the gradient is as small as ``eps``. What AdaGrad and AMSGrad divide by only grows, so they do rest.
The local stability limits follow from that: near a minimum the root of the mean is 0, and the rule is gradient descent,
or the heavy ball, with the rate ``lr/eps``.
"""

from __future__ import annotations

from multistart.methods.entry import Entry
from multistart.methods.rule import Flag, Hyperparameter


def _kept(name: str, of: str, default: float) -> Hyperparameter:
    return Hyperparameter(name, f"what is kept of the mean of {of}", default, default=default, least=0, below=1)


def _eps(default: float, *, least: float | None = None) -> Hyperparameter:
    above = None if least is not None else 0.0
    return Hyperparameter("eps", "added to the root", default, default=default, unit="f / x", above=above, least=least)


INSIDE = Flag("eps_inside", "whether eps is added under the root, in units of f² / x²")
HAT = Flag("eps_hat", "whether eps is added to the root before both are corrected for the start")
MEANS = (_kept("beta1", "gradients", 0.9), _kept("beta2", "squared gradients", 0.999))
#: Means m and v, and p = beta1**t, q = beta2**t, which the means are corrected with.
_MEAN = ("m = beta1*m + (1 - beta1)*g", "p = beta1*p", "q = beta2*q")
_SQUARE = "v = beta2*v + (1 - beta2)*g**2"
_START: tuple[tuple[str, float | str], ...] = (("m", 0.0), ("v", 0.0), ("p", 1.0), ("q", 1.0))


_OF_ADAM = "2*eps*(1 + beta1)/((1 - beta1)*curvature)"
#: That of Nesterov's momentum on Adam's mean, with the momentum mu that it grows to, on the oscillating mode, z = -1:
#: x takes (1 - mu) g + mu m with m = beta1 m + (1 - beta1) g.
_OF_NADAM = "2*eps*(1 + beta1)/((1 + beta1 - 2*beta1*where(momentum_decay > 0, beta1, beta1/2))*curvature)"
#: Adam's; without eps where beta2 is so small that it never divides.
_OF_RADAM = "2*where(2/(1 - beta2) - 1 > 5, eps, 1)*(1 + beta1)/((1 - beta1)*curvature)"
#: Adam's, with so much of the root as is left where surprises are none.
_OF_ADABELIEF = "2*(sqrt(eps_root/(1 - beta2)) + eps)*(1 + beta1)/((1 - beta1)*curvature)"

ADAPTIVE = (
    Entry(
        "adagrad",
        "gradients divided by the root of the sum of all squares before",
        "Duchi, Hazan, Singer 2011, JMLR 12; torch's Adagrad",
        update=("s = s + g**2", "x = x - lr*(g/where(eps_inside, sqrt(s + eps), sqrt(s) + eps))"),
        state=(("s", "initial_accumulator_value"),),
        own=(
            _eps(1e-10),
            Hyperparameter("initial_accumulator_value", "the sum at the start", 0.1, default=0.0, least=0),
        ),
        flags=(INSIDE,),
        rest="step",
        unproven="which has a rate of its own for each coordinate",
        no_critical_rate="its sum of squares never falls, so that the limit depends on the gradients before: with the "
        "sums s it is gradient descent at the rates lr/(sqrt(s) + eps), which only fall",
        differs="optax and Keras start the sum at 0.1 and add eps 1e-7 inside; torch's lr_decay is the schedule "
        "inverse_time",
    ),
    Entry(
        "rmsprop",
        "gradients divided by the root of the mean of their squares",
        "Tieleman, Hinton 2012 (lecture 6.5); Graves 2013 (centered); torch's RMSprop",
        update=(
            "v = alpha*v + (1 - alpha)*g**2",
            "m = alpha*m + (1 - alpha)*g",
            "s = where(centered, max(v - m**2, 0), v)",
            "b = momentum*b + g/where(eps_inside, sqrt(s + eps), sqrt(s) + eps)",
            "x = x - lr*b",
        ),
        state=(("v", 0.0), ("m", 0.0), ("b", 0.0)),
        own=(
            _kept("alpha", "squared gradients", 0.99),
            _eps(1e-8),
            Hyperparameter("momentum", "what is kept of the last direction", 0.9, default=0.0, least=0, below=1),
        ),
        flags=(Flag("centered", "whether the square of the mean gradient is taken off"), INSIDE),
        critical_learning_rate="2*(1 + momentum)*where(eps_inside, sqrt(eps), eps)/curvature",
        critical_said="2 (1 + momentum) eps/lambda_max (sqrt(eps) for eps inside the root)",
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        differs="optax has alpha 0.9 and eps inside, Keras as well, with eps 1e-7; both have the rate in what momentum "
        "remembers, which is the same but under a schedule; centered, where rounding makes the variance negative, "
        "torch gives no number and this rule takes 0",
    ),
    Entry(
        "adam",
        "means of gradients divided by the root of the mean of their squares, both corrected for the start",
        "Kingma, Ba 2015, ICLR; torch's Adam",
        update=(
            *_MEAN,
            _SQUARE,
            "k = 1/sqrt(1 - q)",
            "x = x - lr/(1 - p)*(m/(k*sqrt(v) + where(eps_hat, k*eps, eps)))",
        ),
        state=_START,
        own=(*MEANS, _eps(1e-8)),
        flags=(HAT,),
        critical_learning_rate=_OF_ADAM,
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        differs="optax agrees with torch; Keras has eps_hat true and eps 1e-7. Weight decay (AdamW) moves the minima "
        "and is left out",
    ),
    Entry(
        "amsgrad",
        "Adam with the largest mean of squares so far",
        "Reddi, Kale, Kumar 2018, ICLR; torch's Adam with amsgrad=True",
        update=(
            *_MEAN,
            _SQUARE,
            "k = 1/sqrt(1 - q)",
            "w = max(w, where(max_corrected, v/(1 - q), v))",
            "root = where(max_corrected, sqrt(w), k*sqrt(w))",
            "x = x - lr/(1 - p)*(m/(root + where(eps_hat, k*eps, eps)))",
        ),
        state=(*_START, ("w", 0.0)),
        own=(*MEANS, _eps(1e-8)),
        flags=(HAT, Flag("max_corrected", "whether the largest is taken of means that are corrected for the start")),
        rest="step",
        unproven="which has a rate of its own for each coordinate",
        no_critical_rate="its largest mean of squares never falls, so that the limit depends on the gradients before: "
        "with the largest w it is a mean of gradients at the rates lr/(sqrt(w) + eps), which only fall",
        differs="optax has max_corrected true; Keras has eps_hat true and eps 1e-7",
    ),
    Entry(
        "nadam",
        "Adam with Nesterov's momentum",
        "Dozat 2016, ICLR workshop; torch's NAdam",
        update=(
            *_MEAN[:1],
            "q = beta2*q",
            _SQUARE,
            "shrunk = 0.96**momentum_decay",
            "e = e*shrunk",
            "mu = beta1*(1 - e/2)",
            "mu_after = beta1*(1 - e*shrunk/2)",
            "product = product*mu",
            "direction = (1 - mu)/(1 - product)*g + mu_after/(1 - product*mu_after)*m",
            "x = x - lr*(direction/(sqrt(v)/sqrt(1 - q) + eps))",
        ),
        state=(("m", 0.0), ("v", 0.0), ("q", 1.0), ("e", 1.0), ("product", 1.0)),
        own=(
            *MEANS,
            _eps(1e-8),
            Hyperparameter("momentum_decay", "how fast momentum grows to beta1", 0.004, default=0.004, least=0),
        ),
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        critical_learning_rate=_OF_NADAM,
        critical_said="2 eps (1 + beta1)/((1 - beta1) (1 + 2 beta1) lambda_max)",
        differs="optax's nadam has constant momentum; Keras has momentum_decay 1 and eps 1e-7",
    ),
    Entry(
        "radam",
        "Adam, without the division as long as the mean of squares is of too few",
        "Liu and others 2020, ICLR (On the variance of the adaptive learning rate); torch's RAdam",
        update=(
            *_MEAN,
            _SQUARE,
            "limit = 2/(1 - beta2) - 1",
            "rho = limit - 2*(t + 1)*q/(1 - q)",
            "r = sqrt((rho - 4)*(rho - 2)*limit/((limit - 4)*(limit - 2)*rho))",
            "x = x - lr/(1 - p)*(m*where(rho > 5, r*sqrt(1 - q)/(sqrt(v) + eps), 1))",
        ),
        state=_START,
        own=(*MEANS, _eps(1e-8)),
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        critical_learning_rate=_OF_RADAM,
        critical_said="2 eps (1 + beta1)/((1 - beta1) lambda_max)",
        differs="optax adds eps to the corrected root; not in Keras",
    ),
    Entry(
        "adamax",
        "Adam with the largest size of gradients, which fades, in place of the root",
        "Kingma, Ba 2015, ICLR, section 7.1; torch's Adamax",
        update=(
            "m = beta1*m + (1 - beta1)*g",
            "p = beta1*p",
            "u = max(beta2*u, abs(g) + eps)",
            "x = x - lr/(1 - p)*(m/u)",
        ),
        state=(("m", 0.0), ("u", 0.0), ("p", 1.0)),
        own=(*MEANS, _eps(1e-8)),
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        critical_learning_rate=_OF_ADAM,
        differs="optax agrees with torch; Keras adds eps, 1e-7, to the largest, not to each",
    ),
    Entry(
        "adadelta",
        "gradients times the root of the mean of squared steps over that of squared gradients",
        "Zeiler 2012, arXiv:1212.5701; torch's Adadelta",
        update=(
            "v = rho*v + (1 - rho)*g**2",
            "step = sqrt(u + eps)/sqrt(v + eps)*g",
            "u = rho*u + (1 - rho)*step**2",
            "x = x - lr*step",
        ),
        state=(("v", 0.0), ("u", 0.0)),
        own=(_kept("rho", "squares", 0.9), _eps(1e-6)),
        unproven="whose steps need not get shorter with the gradient",
        critical_learning_rate="2/curvature",  # where both means have fallen below eps their quotient is 1
        differs="the same in optax; Keras has rho 0.95 and eps 1e-7. The usual learning rate is 1",
    ),
    Entry(
        "adabelief",
        "Adam with the mean of squared surprises, gradient less its mean, in place of that of squares",
        "Zhuang and others 2020, NeurIPS; optax's adabelief",
        update=(
            *_MEAN,
            "s = beta2*s + (1 - beta2)*(g - m)**2 + eps_root",
            "x = x - lr/(1 - p)*(m/(sqrt(s/(1 - q)) + eps))",
        ),
        state=(("m", 0.0), ("s", 0.0), ("p", 1.0), ("q", 1.0)),
        own=(
            *MEANS,
            _eps(1e-16),
            Hyperparameter("eps_root", "added to the mean of squares", 1e-16, default=1e-16, unit="f² / x²", least=0),
        ),
        unproven="whose steps do not get shorter near a minimum, but for gradients below eps",
        critical_learning_rate=_OF_ADABELIEF,
        differs="not in torch and Keras",
    ),
)
