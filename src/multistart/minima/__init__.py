"""Ends -> minima -> labels: polish, find, settle, and which basin an end is in.

An end becomes a minimum in three steps: Newton's method polishes it (:mod:`.polish`), the point must be a strict
minimum, which is decided in 640 bits where doubles cannot tell (:mod:`.nature`), and points that agree in position and
value, or that no gradient tells apart (:mod:`.flat`), are one. Minima with equal values at different places stay apart.
"""
