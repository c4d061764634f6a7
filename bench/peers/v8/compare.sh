#!/usr/bin/env bash
# Runs DevTools' loader, memlab, @vscode/v8-heap-parser and Tidemark on one snapshot: CPU seconds and peak memory of each.
# With a second snapshot of the same process, DevTools' and Tidemark's comparison of the two as well.
set -euo pipefail
file=$(readlink -f "${1:?usage: compare.sh FILE.heapsnapshot [LATER.heapsnapshot]}")
later=${2:+$(readlink -f "$2")}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${TIDEMARK_PEERS:-$(mktemp -d)}
patience=${PATIENCE:-600}
if [ ! -d "$work/node_modules" ]; then
  (cd "$work" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --ignore-scripts \
    memlab@2.0.5 chrome-devtools-mcp@1.11.0 @vscode/v8-heap-parser@0.1.0 >/dev/null)
fi
cp "$here"/*.cjs "$here"/*.mjs "$work/"
export DEVTOOLS_WORKER=$work/devtools-worker.mjs
worker=$work/node_modules/chrome-devtools-mcp/build/src/third_party/devtools-heap-snapshot-worker.js
{ cat "$worker"; echo 'export { HeapSnapshotLoader, SecondaryInitManager };'; } >"$work/devtools-worker.mjs"

measure() { # NAME COMMAND...
  local name=$1
  shift
  if /usr/bin/time -o "$work/time" -f '%U %S %M %e' timeout "$patience" "$@" >"$work/$name.log" 2>&1; then
    awk -v name="$name" '{ printf "%-16s %8.1f CPU s  %8.1f s  %8.0f MB peak\n", name, $1 + $2, $4, $3 / 1024 }' "$work/time"
  else
    echo "$name failed or took more than $patience s; see $work/$name.log"
  fi
}

"$here/../../../tidemark" --version >/dev/null # built before it is measured
ls -l "$file" ${later:+"$later"}
measure tidemark "$here/../../../tidemark" suspects --no-index "$file"
measure v8-heap-parser node "$work/v8-heap-parser.cjs" "$file"
measure devtools node --max-old-space-size=16000 -r "$work/polyfill.cjs" "$work/devtools.mjs" "$file"
measure memlab node --max-old-space-size=16000 "$work/node_modules/memlab/bin/memlab" analyze object-size --snapshot "$file"
if [ -n "$later" ]; then
  measure tidemark-diff "$here/../../../tidemark" diff --no-index "$file" "$later"
  LATER=$later measure devtools-diff node --max-old-space-size=16000 -r "$work/polyfill.cjs" "$work/devtools.mjs" "$file"
fi
