"""Descents: from starts to outcomes, one row each; the way of single ones."""
