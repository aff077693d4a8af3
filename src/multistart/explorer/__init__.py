"""The explorer of a study: a page on which a click drops a ball, which rolls by the rule that one chooses.

:mod:`.contents` is what it shows, :mod:`.data` that as JSON, :mod:`.program` its JavaScript, :mod:`.html` the page, one
file that asks for no other. The JavaScript itself is in ``scripts/``, as modules that :mod:`.bundle` joins; its words
are in ``texts/``, a file for each language.
"""
