#!/bin/sh
# Sends a job script of Snakemake's; prints what status.sh and cancel.sh are given: its number, @, the script.
# The job's last act is to write how it ended beside its script, so that no accounting is needed.
set -eu
here=$(dirname "$0")
. "$here/cluster.sh"
job=${1#"$PWD"/}
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
of() { sed -n "s/^# properties = .*\"$1\": \([0-9]*\).*/\1/p" "$job"; }
threads=$(of threads) memory=$(of mem_mb) minutes=$(of runtime) name=$(basename "$job" .sh)
mkdir -p logs/cluster
rm -f "$job.end" "$job.gone"
number=$(send <<END
#!/bin/sh
cd $(quoted "$PWD")
job=$(quoted "$job")
if sh "\$job"; then echo success; else echo failed; fi >"\$job.end.new"
mv "\$job.end.new" "\$job.end"
END
)
echo "$number@$job"
