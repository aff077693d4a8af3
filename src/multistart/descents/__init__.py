"""Descents: from starts to outcomes, one row each."""
