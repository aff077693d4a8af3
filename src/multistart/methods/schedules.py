"""Schedules by name, each as the formula of the rate ``lr`` at update ``t`` from the base rate, which it calls ``lr``.

``over`` is the number of updates that a schedule takes, by default all of them; after it the rate stays at its last
value. To add one, add an entry: formula, hyperparameters with limits, what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from multistart.methods.rule import Hyperparameter

#: Of how many updates a schedule is where that is not given.
ALL = "max_steps"


@dataclass(frozen=True)
class NamedSchedule:
    """A schedule with a name.

    Attributes
    ----------
    name, says
        As in config files; what it does, in a line.
    update
        Assignments, the last one of ``lr``, in ``lr``, ``t``, ``N``, hyperparameters, and names assigned before.
    own
        Hyperparameters besides the base rate.
    base
        What the base rate is called: ``from``, or ``peak`` where the rate rises to it.
    order
        What holds of its numbers, ``max_steps`` among them, as in ``"warmup < over"``.
    source, differs
        Who published it, or whose form it has; how libraries differ from it.
    fades
        ``(numbers) -> bool``: whether all its rates add up to a finite number, however long a descent is: then one that
        cannot leave a ball need not arrive at the minimum in it.
    """

    name: str
    says: str
    update: tuple[str, ...]
    own: tuple[Hyperparameter, ...] = ()
    base: str = "from"
    order: tuple[str, ...] = ()
    source: str = ""
    differs: str = ""
    fades: Callable[[Mapping[str, float]], bool] = lambda numbers: False


def _falls_to_0(numbers: Mapping[str, float]) -> bool:
    return numbers["to"] == 0


def _shrinks(numbers: Mapping[str, float]) -> bool:
    return numbers["factor"] < 1


TO = Hyperparameter("to", "the rate at the end", unit="x² / f", example=0.0001, default=0.0, least=0)
OVER = Hyperparameter("over", "updates that it takes, by default max_steps", unit="steps", example=1000, least=1)
EVERY = Hyperparameter("every", "updates between two changes", unit="steps", example=100, default=1.0, least=1)
FACTOR = Hyperparameter("factor", "what the rate is multiplied by", example=0.5, above=0, most=1)
AT = Hyperparameter("at", "updates at which it changes, ascending", unit="steps", example=300, least=0)
_REST = "u = min(t/over, 1)"

SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        NamedSchedule(
            "constant",
            "the same rate in all updates",
            ("lr = lr",),
            source="the textbooks'",
            differs="the same in torch, optax and Keras",
        ),
        NamedSchedule(
            "step",
            "multiplied by a factor every so many updates",
            ("lr = lr*factor**floor(t/every)",),
            (FACTOR, EVERY),
            order=("every < max_steps",),
            source="the textbooks'; as torch's StepLR",
            differs="torch's StepLR; optax's exponential_decay and Keras' ExponentialDecay with staircase=True",
            fades=_shrinks,
        ),
        NamedSchedule(
            "pieces",
            "multiplied by a factor at each of a list of updates",
            ("lr = lr*where(t >= at, factor, 1)",),
            (FACTOR, AT),
            order=("at < max_steps",),
            source="the textbooks'; as torch's MultiStepLR",
            differs="torch's MultiStepLR; Keras' PiecewiseConstantDecay changes one update later",
        ),
        NamedSchedule(
            "exponential",
            "multiplied by the same factor in each update, or in so many together",
            ("lr = lr*factor**(t/every)",),
            (FACTOR, EVERY),
            source="the textbooks'; as optax's exponential_decay",
            differs="torch's ExponentialLR has every 1; Keras' ExponentialDecay, with decay_steps for every",
            fades=_shrinks,
        ),
        NamedSchedule(
            "inverse_time",
            "divided by a number that grows with the updates",
            ("lr = lr/(1 + decay*t/every)",),
            (Hyperparameter("decay", "how fast", example=0.05, least=0), EVERY),
            source="Robbins, Monro 1951, Annals of Mathematical Statistics 22(3)",
            differs="Keras' InverseTimeDecay; torch's lr_decay of Adagrad",
        ),
        NamedSchedule(
            "inverse_root",
            "divided by the root of the number of the update",
            ("lr = lr/sqrt(t + 1)",),
            source="Zinkevich 2003, ICML (Online convex programming)",
            differs="not in torch, optax and Keras by a name of its own",
        ),
        NamedSchedule(
            "polynomial",
            "to the end as a power of the updates that are left",
            (_REST, "lr = to + (lr - to)*(1 - u)**power"),
            (TO, OVER, Hyperparameter("power", "of the updates that are left", example=2, default=1.0, above=0)),
            source="Chen and others 2018, IEEE TPAMI 40(4) (DeepLab, its poly policy)",
            differs="torch's PolynomialLR ends at 0",
            fades=_falls_to_0,
        ),
        NamedSchedule(
            "linear",
            "to the end in a straight line",
            (_REST, "lr = to + (lr - to)*(1 - u)"),
            (TO, OVER),
            source="the textbooks'; polynomial with power 1",
            differs="torch's LinearLR has factors in place of the rate at the end",
            fades=_falls_to_0,
        ),
        NamedSchedule(
            "cosine",
            "to the end along half a cosine",
            (_REST, "lr = to + (lr - to)*(1 + cos(pi*u))/2"),
            (TO, OVER),
            source="Loshchilov, Hutter 2017, ICLR (SGDR), equation 5",
            differs="torch's CosineAnnealingLR rises again after its updates; this one stays, as optax's does",
            fades=_falls_to_0,
        ),
        NamedSchedule(
            "warmup_cosine",
            "from 0 in a straight line to the peak, then to the end along half a cosine",
            (
                "u = min(max(t - warmup, 0)/(over - warmup), 1)",
                "lr = where(t < warmup, lr*t/warmup, to + (lr - to)*(1 + cos(pi*u))/2)",
            ),
            (Hyperparameter("warmup", "updates to the peak", unit="steps", example=50, least=1), TO, OVER),
            base="peak",
            order=("warmup < over", "warmup < max_steps", "to <= peak"),
            source="Goyal and others 2017, arXiv:1706.02677 (the warm-up); Loshchilov, Hutter 2017, ICLR (SGDR)",
            differs="optax's warmup_cosine_decay_schedule, whose decay_steps have the warm-up in them as over has",
            fades=_falls_to_0,
        ),
        NamedSchedule(
            "warm_restarts",
            "along half a cosine to the end, and again from the start, each time over so many times the updates",
            (
                "growing = floor(log(1 + t/every*(longer - 1))/log(longer) + 1e-9)",
                "grown = longer**growing",
                "n = where(longer > 1, growing, floor(t/every))",
                "begun = where(longer > 1, every*(grown - 1)/(longer - 1), every*n)",
                "taken = where(longer > 1, every*grown, every)",
                "lr = to + (lr - to)*(1 + cos(pi*(t - begun)/taken))/2",
            ),
            (
                Hyperparameter("every", "updates to the first restart", unit="steps", example=100, least=1),
                Hyperparameter("longer", "each time this many times as long", example=2, default=1.0, least=1),
                TO,
            ),
            order=("every < max_steps",),
            source="Loshchilov, Hutter 2017, ICLR (SGDR), equation 5",
            differs="torch's CosineAnnealingWarmRestarts, with T_0 for every and T_mult for longer",
        ),
        NamedSchedule(
            "one_cycle",
            "up to the peak and down to almost 0, both along half a cosine",
            (
                "first = lr/divided",
                "last = first/final_divided",
                "turn = part*over - 1",
                "u = min(t/turn, 1)",
                "w = min(max(t - turn, 0)/(over - part*over), 1)",
                "up = first + (lr - first)*(1 - cos(pi*u))/2",
                "lr = where(t < turn, up, last + (lr - last)*(1 + cos(pi*w))/2)",
            ),
            (
                Hyperparameter("part", "of the updates, up to the peak", example=0.3, default=0.3, above=0, below=1),
                Hyperparameter("divided", "the peak over the first rate", example=25, default=25.0, least=1),
                Hyperparameter("final_divided", "the first rate over the last", example=1e4, default=1e4, least=1),
                OVER,
            ),
            base="peak",
            source="Smith, Topin 2019, SPIE 11006 (Super-convergence); as torch's OneCycleLR",
            differs="torch's OneCycleLR; optax's cosine_onecycle_schedule turns one update later",
        ),
        NamedSchedule(
            "time_based",
            "falling to 0 in a straight line, which the last update has",
            ("lr = lr*(1 - (t + 1)/N)",),
            source="courses on deep learning",
            differs="of courses on deep learning; libraries do not have it",
            fades=lambda numbers: True,
        ),
    )
}
