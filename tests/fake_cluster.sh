#!/bin/sh
# A queue without a cluster, under the names of Slurm's, LSF's, PBS's and Grid Engine's commands: what is sent runs at
# once, in the background, on this machine. The job whose number is in the file "lose" never runs, and nobody says so.
cluster=$FAKE_CLUSTER
lives() { kill -0 "-$1" 2>/dev/null; }
queue() {
    for file in "$cluster"/*.pid; do
        [ -s "$file" ] && lives "$(cat "$file")" && basename "$file" .pid
    done
    return 0
}
called=$(basename "$0")
echo "$called $*" >>"$cluster/calls"
case $called in
squeue | qselect | qstat | bjobs) [ -e "$cluster/silent" ] && echo "no answer" >&2 && exit 1 ;;
esac
case $called in
sbatch | bsub | qsub)
    number=100
    until mkdir "$cluster/$number" 2>/dev/null; do number=$((number + 1)); done
    cat >"$cluster/$number/script"
    if [ "$number" != "$(cat "$cluster/lose" 2>/dev/null)" ]; then
        setsid sh "$cluster/$number/script" </dev/null >"$cluster/$number/said" 2>&1 &
        echo $! >"$cluster/$number.pid"
    fi
    case $called in
    bsub) echo "Job <$number> is submitted to queue <normal>." ;;
    qsub) [ -n "$SGE_ROOT" ] && echo "$number" || echo "$number.server" ;;
    *) echo "$number;cluster" ;;
    esac
    ;;
squeue) queue ;;
qselect) queue | sed 's/$/.server/' ;;
qstat) queue | sed 's/$/ 0.5 name user r/' ;;
bjobs) queue | grep . | sed 's/$/ user RUN normal/' || { echo "No unfinished job found" >&2 && exit 255; } ;;
scancel | qdel | bkill)
    for number; do kill -TERM "-$(cat "$cluster/${number%.server}.pid")"; done
    ;;
esac
