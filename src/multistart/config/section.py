"""`Section`: a mapping of the config, which the models of all its sections are.

Implementations: the objective (:mod:`multistart.config.objective_section`), the starts
(:mod:`multistart.config.starts_section`), all others (:mod:`multistart.config.sections`).

To add a section: a subclass of :class:`Section` here or in a module of its own, each key made by
:func:`multistart.config.values.key` with its meaning, what it takes, an example and its default; a field of
:class:`multistart.config.study_config.StudyConfig`; its name among the parameters of the rules that read it. Then
``python -m multistart.config`` makes the reference and the schema anew.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the config; unknown keys are refused and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
