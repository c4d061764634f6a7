#!/usr/bin/env bash
# Compares two large tracemalloc snapshots with Python and with Tidemark, side by side: CPU seconds and peak memory.
#   bench/peers/tracemalloc/run.sh        (about a minute; needs python3 >= 3.10 and GNU time)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/make.py" "$work/old" "$work/new"
"$root/tidemark" --version >/dev/null # built before it is timed

measure() { # NAME COMMAND...
  local name=$1
  shift
  /usr/bin/time -f "%U %S %M" -o "$work/time" "$@" >/dev/null
  read -r user system peak <"$work/time"
  awk -v n="$name" -v u="$user" -v s="$system" -v p="$peak" 'BEGIN { printf "%-28s %7.2f s CPU %7.0f MiB\n", n, u + s, p / 1024 }'
}

measure "python compare_to lineno" python3 "$here/python.py" lineno "$work/old" "$work/new"
measure "python compare_to traceback" python3 "$here/python.py" traceback "$work/old" "$work/new"
measure "tidemark diff" "$root/artifacts/tidemark/tidemark" diff "$work/old" "$work/new"
