"""From counts to shares, intervals, unseen minima and restarts; most of its modules load pandas, `intervals` does not."""
