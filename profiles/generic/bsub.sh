# LSF. Add what your cluster asks for to the second line: -q ..., -P ...
send() {
    bsub -r -J "$name" -o "logs/cluster/$name-%J.log" \
        -n "$threads" -R "span[hosts=1] rusage[mem=${memory}MB]" -M "${memory}MB" -W "$minutes" |
        sed -n 's/^Job <\([0-9]*\)>.*/\1/p'
}
queued() {
    jobs=$(bjobs -w 2>&1) || case $jobs in *"No unfinished job"*) jobs= ;; *) return 1 ;; esac
    echo "$jobs" | sed -n 's/^\([0-9]*\) .*/\1/p'
}
stop() { bkill "$@"; }
