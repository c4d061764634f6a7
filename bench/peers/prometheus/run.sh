#!/usr/bin/env bash
# tidemark check --selector beside Prometheus' own deriv(...[24h]), on a fleet of simulated containers in a real Prometheus.
#   ./run.sh [CONTAINERS=10000] [SIGNALS=footprint|all] [ROUNDS=3]
# Prints wall and CPU seconds of each. Needs Debian's prometheus, curl, python3 and, for the verdicts' score, SCORE=path/to/score.py.
# SERVER=victoria-metrics asks VictoriaMetrics (Debian's victoria-metrics, on the PATH) instead.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$here/../../..
containers=${1:-10000}
signals=${2:-footprint}
rounds=${3:-3}
work=$(mktemp -d -t tidemark-fleet-XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port

dotnet build "$root/bench/Tidemark.Fleet" -c Release --nologo -v quiet >/dev/null
"$root/tidemark" --version >/dev/null
if [ "${SERVER:-prometheus}" = victoria-metrics ]; then
  victoria-metrics -storageDataPath="$work/data" -httpListenAddr="127.0.0.1:$port" -search.latencyOffset=0s >"$work/log" 2>&1 &
else
  echo 'global: {}' >"$work/prometheus.yml"
  prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$port" \
    --web.enable-remote-write-receiver >"$work/log" 2>&1 &
fi
server=$!
trap 'kill $server; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
until curl -sf "$url/api/v1/query?query=1" >/dev/null; do sleep 0.2; done
"$root/artifacts/bin/Tidemark.Fleet/release/fleet" "$url" --containers "$containers" --signals "$signals" --truth "$work/truth.csv" 2>"$work/fleet"
cat "$work/fleet"
end=$(grep -o '[0-9]*$' "$work/fleet")
sleep 90 # Prometheus cuts its head into blocks once a minute; VictoriaMetrics shows what it was given after some seconds

cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$server/stat"; }
measure() { # NAME COMMAND...: wall seconds, CPU seconds of the server and of the command, its peak memory
  local name=$1 before after
  shift
  before=$(cpu)
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" || true
  after=$(cpu)
  tail -n 1 "$work/time" | awk -v n="$name" -v b="$before" -v a="$after" \
    '{ printf "%-28s wall %6.2f s   server CPU %5.2f s   client CPU %5.2f s   client peak %4.0f MiB\n", n, $1, a - b, $2 + $3, $4 / 1024 }'
}

for _ in $(seq "$rounds"); do
  measure 'deriv([24h])' curl -sf "$url/api/v1/query" --data-urlencode 'query=deriv(container_memory_working_set_bytes[24h])' -d "time=$end"
  measure 'tidemark check' "$root/artifacts/tidemark/tidemark" check --prometheus "$url" --selector '{namespace=~"team-.*"}' --at "$end" --format json
  tail -n 1 "$work/err"
  measure 'tidemark check --top 50' "$root/artifacts/tidemark/tidemark" check --prometheus "$url" --selector '{namespace=~"team-.*"}' --at "$end" --format json --top 50
done
measure 'tidemark check --thorough' "$root/artifacts/tidemark/tidemark" check --prometheus "$url" --selector '{namespace=~"team-.*"}' --at "$end" --format json --thorough
if [ -n "${SCORE:-}" ]; then
  for mode in '' --thorough; do
    "$root/artifacts/tidemark/tidemark" check --prometheus "$url" --selector '{namespace=~"team-.*"}' --at "$end" --format json -q $mode \
      | sed -E '/"target"/ s,/,_,g' >"$work/answers.json" || true
    echo "verdicts${mode:+ with $mode}:"
    python3 "$SCORE" --truth "$work/truth.csv" --answers "$work/answers.json" | tail -n 1
  done
fi
