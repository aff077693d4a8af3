"""Shares of groups of labels that grow, each with one label more: what has arrived by one limit of steps after another.

The intervals are those of :func:`.shares.share`, to the bit; of a jittered grid the variances of all groups are summed
at once, which for each group apart would take as long as to count them.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

import numpy as np

from multistart.counts.join_counts import Key
from multistart.counts.shares import ShareTally
from multistart.estimates.shares import Share, share

LABEL = 0


def growing_shares(tally: ShareTally, labels: Sequence[int], confidence: float = 0.95) -> Iterator[Share]:
    """The share of the first label, of the first two, ..., of all of them.

    >>> from multistart.starts.layout import Layout
    >>> tally = ShareTally.of([0, 1, 2, 2], Layout.of("jittered_grid", 4, per_axis=4))
    >>> [found.share for found in growing_shares(tally, [2, 0])]
    [0.5, 0.75]
    """
    if tally.layout.design == "grid":  # whose bound is no sum over labels
        yield from (share(tally, labels[: i + 1], confidence) for i in range(len(labels)))
        return
    place = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), tally.layout.replicates), dtype=np.int64)
    products = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for (kind, a, b), n in tally.numbers.items():
        if kind == "count" and a in place:
            counts[place[a], b] += n
        elif kind == "product" and a in place and b in place:
            products[place[a], place[b]] += n
    summed = products.cumsum(axis=0).cumsum(axis=1).diagonal().tolist()
    for count, product in zip(counts.cumsum(axis=0).tolist(), summed, strict=True):
        numbers: collections.Counter[Key] = collections.Counter({("product", LABEL, LABEL): product})
        numbers.update({("count", LABEL, replicate): n for replicate, n in enumerate(count)})
        yield share(ShareTally(tally.layout, numbers, tally.segments), [LABEL], confidence)
