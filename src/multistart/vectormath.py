"""placeholder until the branch is merged."""

NAMES: tuple[str, ...] = ()
