#!/usr/bin/env bash
# Heap profiles of 100,000 stacks: tidemark beside jeprof and google-pprof, each with the program's symbols. Prints seconds of processor time and the ratio.
#   heapprofiles.sh [TIDEMARK]
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
tidemark=${1:-$here/../../../tidemark}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/generate.py" "$work"
seconds() { # COMMAND...: processor seconds, user and system
  local TIMEFORMAT='%U %S'
  { time "$@" >"$work/out" 2>/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
"$tidemark" --version >/dev/null # published beforehand
for pair in "jemalloc jeprof" "tcmalloc google-pprof"; do
  set -- $pair
  theirs=$(seconds "$2" --text --inuse_space "$work/program" "$work/$1.heap")
  head -n 8 "$work/out" >"$work/theirs"
  ours=$(seconds "$tidemark" top "$work/$1.heap")
  awk -v n="$1" -v p="$2" -v t="$theirs" -v o="$ours" 'BEGIN { printf "%s: %s %.2f s, tidemark %.2f s, %.1f times faster\n", n, p, t, o, t / o }'
done
