"""From counts to shares, intervals, unseen minima and restarts."""

from multistart.estimates.shares import estimate_shares as estimate_shares
from multistart.estimates.shares import share as share
from multistart.estimates.shares import share_table as share_table
from multistart.estimates.table import estimates_table as estimates_table
