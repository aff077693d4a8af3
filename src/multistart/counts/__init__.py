"""Counts of labelled rows, which add exactly.

A counter (:mod:`.counter` says which there are, and how to add one) makes counts of some rows by ``of(rows, first)``;
counts of different rows are added by ``+``, in any order. :mod:`.frequencies` counts combinations of whole numbers,
:mod:`.join_counts` what neighbouring cells of a grid say of each other; :mod:`.pairs` counts rows of two methods
together; :mod:`.row_sample` chooses rows.
"""
