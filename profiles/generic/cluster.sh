# Which of the three templates is used: that of the first command there is.
for command in sbatch bsub qsub; do
    if command -v $command >/dev/null; then
        . "$here/$command.sh"
        return
    fi
done
echo "There is no sbatch, bsub or qsub on this machine: are you on a login node?" >&2
exit 1
