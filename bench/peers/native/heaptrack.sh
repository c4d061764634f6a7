#!/usr/bin/env bash
# heaptrack data of 50 million allocations: tidemark beside heaptrack_print. Prints seconds of processor time and the ratio.
#   heaptrack.sh [TIDEMARK] [COUNT]
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
tidemark=${1:-$here/../../../tidemark}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -O2 -std=c++17 -o "$work/allocations" "$here/allocations.cpp"
seconds() { # COMMAND...: processor seconds, user and system
  local TIMEFORMAT='%U %S'
  { time "$@" >"$work/out" 2>/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
"$tidemark" --version >/dev/null
for order in regular random; do
  mode=$order
  [ "$order" = random ] || mode=""
  "$work/allocations" "$work/data" "${2:-50000000}" $mode
  gzip -1 "$work/data"
  mv "$work/data.gz" "$work/heaptrack.$order.gz"
  theirs=$(seconds heaptrack_print -f "$work/heaptrack.$order.gz")
  ours=$(seconds "$tidemark" top "$work/heaptrack.$order.gz")
  awk -v n="$order" -v t="$theirs" -v o="$ours" 'BEGIN { printf "%s: heaptrack_print %.2f s, tidemark %.2f s, %.2f times as fast\n", n, t, o, t / o }'
  rm "$work/heaptrack.$order.gz"
done
