"""Methods: an update rule with its hyperparameters and its stopping rule."""

from multistart.methods.method import MAX_STEPS, OPTIMIZERS, STOPPING, Method

__all__ = ["MAX_STEPS", "OPTIMIZERS", "STOPPING", "Method"]
