#!/usr/bin/env bash
# Times two commands in turn, A B A B …, after one run of each that is not counted, so that both meet
# the same machine. Prints minimum, median and maximum of each in milliseconds, and of the ratio A/B
# pair by pair.
#
#   benches/pairs.sh RUNS 'COMMAND A' 'COMMAND B'
set -euo pipefail
runs=$1 a=$2 b=$3

milliseconds() {
    local from to
    from=$(date +%s%N)
    bash -c "$1" >/dev/null 2>&1 || true
    to=$(date +%s%N)
    awk -v ns=$((to - from)) 'BEGIN { printf "%.3f\n", ns / 1e6 }'
}

spread() {
    sort -n | awk -v name="$1" -v unit="$2" '
        { value[NR] = $1 }
        END {
            middle = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
            printf "%-10s min %9.2f  median %9.2f  max %9.2f %s\n", name, value[1], middle, value[NR], unit
        }'
}

milliseconds "$a" >/dev/null
milliseconds "$b" >/dev/null
times=$(mktemp)
trap 'rm -f "$times"' EXIT
for ((run = 0; run < runs; run++)); do
    echo "$(milliseconds "$a") $(milliseconds "$b")" >>"$times"
done
echo "A: $a"
echo "B: $b"
cut -d' ' -f1 "$times" | spread A ms
cut -d' ' -f2 "$times" | spread B ms
awk '{ print $1 / $2 }' "$times" | spread A/B ''
