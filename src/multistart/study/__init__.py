"""A study: objective, domain, design and methods together; what the workflow's scripts and notebooks call."""

from multistart.study.study import Study, load_study

__all__ = ["Study", "load_study"]
