#!/usr/bin/env bash
# Reads large Go heap profiles with `go tool pprof` and with Tidemark, side by side: CPU seconds, peak memory, the ratios, and whether the rows agree.
#   bench/peers/pprof/run.sh [SAMPLES]     (default 500000: some four CPU minutes and 5 GB, nearly all of it pprof's; needs go and GNU time)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
samples=${1:-500000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/tidemark" --version >/dev/null # built before it is timed
tidemark="$root/artifacts/tidemark/tidemark"
dotnet run --project "$root/bench/Tidemark.Profiles" -c Release -v quiet -- "$samples" "$work/base.pb.gz" "$work/now.pb.gz"
export PPROF_TMPDIR="$work"

measure() { # OUTPUT COMMAND...
  local output=$1
  shift
  /usr/bin/time -f "%U %S %M" -o "$work/time" "$@" >"$output" 2>/dev/null
  read -r user system peak <"$work/time"
}

# The rows of a table of functions: without what stands above and below it, and without the mark for inlined ones.
rows() { awk 'f && /^$/ { exit } f { sub(/ \(inline\)$/, ""); print } /flat%/ { f = 1 }' "$1"; }

compare() { # NAME ROWS PPROF-ARGUMENTS -- TIDEMARK-ARGUMENTS
  local name=$1 kind=$2
  shift 2
  local theirs=()
  while [ "$1" != -- ]; do theirs+=("$1"); shift; done
  shift
  measure "$work/theirs" go tool pprof "${theirs[@]}"
  local cpu peak_theirs
  cpu=$(awk -v u="$user" -v s="$system" 'BEGIN { print u + s }')
  peak_theirs=$peak
  measure "$work/ours" "$tidemark" "$@"
  local same=""
  if [ "$kind" = rows ]; then
    if diff <(rows "$work/theirs") <(rows "$work/ours") >/dev/null; then same="the same $(rows "$work/ours" | wc -l) rows"; else same="ROWS DIFFER"; fi
  fi
  awk -v n="$name" -v a="$cpu" -v u="$user" -v s="$system" -v p="$peak_theirs" -v q="$peak" -v r="$same" 'BEGIN {
    printf "%-12s pprof %7.2f s CPU %6.0f MiB   tidemark %6.2f s CPU %6.0f MiB   %5.1f times faster, %4.2f of the memory  %s\n", n, a, p / 1024, u + s, q / 1024, a / (u + s), q / p, r
  }'
}

echo "$samples samples, $(du -h "$work/now.pb.gz" | cut -f1) a file, $(go version | cut -d' ' -f3)"
compare "-top" rows -top "$work/now.pb.gz" -- top "$work/now.pb.gz"
compare "-top -base" rows -top -base "$work/base.pb.gz" "$work/now.pb.gz" -- diff "$work/base.pb.gz" "$work/now.pb.gz"
compare "-list" none -list 'Service7\).Method' "$work/now.pb.gz" -- list "$work/now.pb.gz" 'Service7\).Method'
