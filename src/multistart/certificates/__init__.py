"""Proven critical points."""
