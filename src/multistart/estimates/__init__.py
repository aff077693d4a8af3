"""From counts to shares, intervals, unseen minima and restarts; most modules load pandas, `intervals` does not."""
