#!/bin/sh
# Says success, failed or running. A job that the queue does not know any more and that did not say how it ended has
# died; a minute passes before that is said, since what another machine wrote may be seen late.
set -eu
here=$(dirname "$0")
. "$here/cluster.sh"
number=${1%%@*} job=${1#*@} wait=${MULTISTART_GONE_AFTER:-60}
ls "$(dirname "$job")" >/dev/null 2>&1 || true  # a network file system looks again
if [ -s "$job.end" ]; then
    cat "$job.end"
elif ! mine=$(queued); then
    echo running  # the queue does not answer
elif echo "$mine" | grep -qxF "$number"; then
    rm -f "$job.gone"
    echo running
else
    [ -s "$job.gone" ] || date +%s >"$job.gone" 2>/dev/null || { echo failed; exit; }  # the run it was of is over
    if [ $(($(date +%s) - $(cat "$job.gone"))) -ge "$wait" ]; then echo failed; else echo running; fi
fi
