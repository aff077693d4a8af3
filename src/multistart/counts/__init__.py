"""Counts of labelled rows, which merge exactly."""
