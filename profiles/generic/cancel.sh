#!/bin/sh
# Takes jobs back. Snakemake waits for two seconds, so it goes on by itself.
here=$(dirname "$0")
. "$here/cluster.sh"
stop $(for each; do echo "${each%%@*}"; done) >/dev/null 2>&1 &
