# PBS, or Grid Engine where SGE_ROOT is set. Add what your cluster asks for to its second line: -A ..., -q ..., -P ...
# Torque has nodes and ppn in place of select: -l nodes=1:ppn=$threads,mem=${memory}mb,walltime=$minutes:00
send() {
    if [ -n "${SGE_ROOT:-}" ]; then
        qsub -terse -r y -V -cwd -S /bin/sh -N "j$name" -o logs/cluster -j y \
            -pe smp "$threads" -l "h_vmem=$((memory / threads + 1))M,h_rt=$((minutes * 60))"
    else
        qsub -r y -V -N "$(echo "$name" | cut -c1-15)" -o "$PWD/logs/cluster/" -j oe \
            -l "select=1:ncpus=$threads:mem=${memory}mb" -l "walltime=$((minutes / 60)):$((minutes % 60)):00"
    fi
}
queued() {
    if [ -n "${SGE_ROOT:-}" ]; then
        jobs=$(qstat -u "$(id -un)") || return 1
        echo "$jobs" | awk '$1 ~ /^[0-9]+$/ { print $1 }'
    else
        jobs=$(qselect -u "$(id -un)") || return 1
        echo "$jobs"
    fi
}
stop() { qdel "$@"; }
