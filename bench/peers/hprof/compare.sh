#!/usr/bin/env bash
# Java heap dumps with eight leaks at once: Tidemark, cold and with its index, and VisualVM's heap walker on the same dumps, one after
# the other; then the ratios to what Eclipse MAT and hprof-analyzer took on dumps with as many objects (recorded figures: neither can
# be had from Debian, NuGet or npm). usage: compare.sh [SCALE...]   1, 9 and 36 make 2, 16 and 62 million objects.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${TIDEMARK_PEERS:-$(mktemp -d)}
tidemark="$here/../../../tidemark"
walker="$HOME/.cache/tidemark-tests/jfluid-heap.jar"
patience=${PATIENCE:-900}
[ -f "$walker" ] || "$here/../../../tests/setup.sh"
mkdir -p "$work/classes"
javac -d "$work/classes" $(find "$here/com" -name '*.java')
javac -cp "$walker" -d "$work/classes" "$here/../../../tests/Tidemark.Peers.Tests/HeapWalk.java"
"$tidemark" --version >/dev/null

# recorded: millions of objects, CPU seconds and MiB of MAT 1.17 (parse and suspects), the same of hprof-analyzer (suspects)
recorded() {
  case $1 in
    1) echo "18 683 2.3 83" ;;
    9) echo "65 2202 22 571" ;;
    36) echo "220 5000 101 2202" ;;
    *) echo "0 0 0 0" ;;
  esac
}

measure() { # NAME COMMAND...: prints CPU seconds, wall seconds and peak MiB, and leaves the CPU seconds in $cpu
  local name=$1
  shift
  cpu=0 peak=0
  if /usr/bin/time -o "$work/time" -f '%U %S %e %M' timeout "$patience" "$@" >"$work/$name.log" 2>&1; then
    read -r cpu wall peak < <(awk '{ printf "%.1f %.1f %.0f\n", $1 + $2, $3, $4 / 1024 }' "$work/time")
    printf '  %-28s %8s CPU s %8s s wall %8s MiB peak\n' "$name" "$cpu" "$wall" "$peak"
  else
    printf '  %-28s failed or took more than %s s, see %s\n' "$name" "$patience" "$work/$name.log"
  fi
}

for scale in "${@:-1}"; do
  dump="$work/shop-$scale.hprof"
  java -Xmx$((200 + 110 * scale))m -cp "$work/classes" com.acme.Shop "$dump" "$scale" >/dev/null
  size=$(stat -c %s "$dump")
  echo "scale $scale: $((size / 1000000)) MB"
  measure "tidemark suspects" "$tidemark" suspects --no-index "$dump"
  ours=$cpu memory=$peak
  measure "tidemark first opening" "$tidemark" suspects "$dump"
  measure "tidemark second opening" "$tidemark" suspects "$dump"
  measure "tidemark second dominators" "$tidemark" dominators "$dump"
  [ "$scale" -gt 1 ] || measure "VisualVM heap walker" java -Xmx4g -cp "$walker:$work/classes" HeapWalk "$dump" 100
  read -r mat matpeak rust rustpeak < <(recorded "$scale")
  awk -v o="$ours" -v m="$memory" -v s="$size" -v mat="$mat" -v mp="$matpeak" -v r="$rust" -v rp="$rustpeak" 'BEGIN {
    printf "  peak %.2f of the dump", m * 1048576 / s
    if (mat > 0) printf "; CPU: 1/%.1f of MAT (recorded %s s), 1/%.1f of hprof-analyzer (recorded %s s); memory: 1/%.1f and 1/%.1f", mat / o, mat, r / o, r, mp / m, rp / m
    printf "\n" }'
  rm -f "$dump" "$dump.tidemark-index"
done
