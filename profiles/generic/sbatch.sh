# Slurm. Add what your cluster asks for to the second line: --account=..., --partition=...
send() {
    sbatch --parsable --requeue --job-name="$name" --output="logs/cluster/$name-%j.log" \
        --ntasks=1 --cpus-per-task="$threads" --mem="$memory" --time="$minutes" | cut -d';' -f1
}
queued() { squeue --noheader --format=%i --user="$(id -un)"; }
stop() { scancel "$@"; }
