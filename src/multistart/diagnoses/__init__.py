"""Why starts reach no minimum, and which line of the config to change: found from numbers, and tried before it is said.

A diagnosis is made from a sample of a study's starts (:mod:`.probe`). Each cause (:mod:`.causes`) looks at what became
of the sample, and names a line and a value where its numbers fit: a learning rate above a critical one, a tolerance
that rounding never reaches, curvatures that differ a thousandfold. Then the sample descends with that line
(:mod:`.diagnose`): what does not help is not advised, and what does is told with its effect.
"""

from multistart.diagnoses.diagnosis import DESIGN, DOMAIN, NOTICED, UNANSWERED, UNIT, WIDEN, Diagnosis

__all__ = ["DESIGN", "DOMAIN", "NOTICED", "UNANSWERED", "UNIT", "WIDEN", "Diagnosis"]
