"""Methods: an update rule with its hyperparameters and its stopping rule."""

from multistart.methods.method import MAX_STEPS, OPTIMIZERS, RULES, STOPPING, Method
from multistart.methods.rule import Hyperparameter, Rule, State

__all__ = ["MAX_STEPS", "OPTIMIZERS", "RULES", "STOPPING", "Hyperparameter", "Method", "Rule", "State"]
