#!/bin/sh
# Says success, failed or running. A job that the queue does not know any more and that did not say how it ended has
# died; a minute passes before that is said, since what another machine wrote may be seen late.
set -eu
here=$(dirname "$0")
. "$here/cluster.sh"
number=${1%%@*} job=${1#*@} folder=$(dirname "${1#*@}")
wait=${MULTISTART_GONE_AFTER:-60} now=$(date +%s)

# The numbers of the jobs in the queue, which is asked at most every few seconds, for all jobs at once.
known() {
    if [ ! -s "$folder/queue" ] || [ $((now - $(head -n 1 "$folder/queue"))) -ge $((wait / 6)) ]; then
        numbers=$(queued) || return 1
        printf '%s\n' "$now" "$numbers" >"$folder/queue.$$"
        mv "$folder/queue.$$" "$folder/queue"
    fi
    tail -n +2 "$folder/queue"
}

[ -d "$folder" ] || { echo failed && exit; }  # of a run that is over
ls "$folder" >/dev/null                       # a network file system looks again
if [ -s "$job.end" ]; then
    cat "$job.end"
elif ! numbers=$(known); then
    echo running # as far as is known: the queue does not answer
elif echo "$numbers" | grep -qxF -e "$number"; then
    rm -f "$job.gone"
    echo running
else
    [ -s "$job.gone" ] || echo "$now" >"$job.gone"
    if [ $((now - $(cat "$job.gone"))) -ge "$wait" ]; then echo failed; else echo running; fi
fi
