# For editors and the type checker: what Snakemake puts into a script.
from snakemake.script import Snakemake

snakemake: Snakemake
