#!/usr/bin/env bash
# Installs what the tests need beyond the .NET SDK, on Debian: compilers and runtimes of the zoo, and the servers.
# What is there already is left alone; what is fetched is put in its place in one go, so that a run that was broken off leaves nothing half-way.
set -euo pipefail
packages=()
need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || packages+=("$2")
}
need_file() { # PATTERN PACKAGE
  compgen -G "$1" >/dev/null || packages+=("$2")
}
again() { # COMMAND...: mirrors and registries stumble now and then
  "$@" || { sleep 5; "$@"; } || { sleep 20; "$@"; } || { sleep 60; "$@"; }
}
sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
apt() { # ARGUMENT...: waits for another apt, and for a slow mirror
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 "$@" >/dev/null
}
update() { apt update || true; } # one broken third-party list must not stop the rest
install() { apt install -y --no-install-recommends "${packages[@]}" || { update; return 1; }; }
need go golang-go
need javac openjdk-17-jdk-headless
need g++ g++
need addr2line binutils
need heaptrack heaptrack
need valgrind valgrind
need bpftrace bpftrace
need rustc rustc
need google-pprof google-perftools
need jeprof libjemalloc-dev
need prometheus prometheus
need victoria-metrics victoria-metrics
need node nodejs
need npm npm
need chromium chromium
need_file '/usr/lib/*/libtcmalloc.so.4' libgoogle-perftools4
if [ ${#packages[@]} -gt 0 ]; then
  echo "installing ${packages[*]}"
  update
  again install
fi

# VisualVM's heap walker, one library of its package, for the comparison of heap dumps: the whole package would bring a desktop.
walker="$HOME/.cache/tidemark-tests/jfluid-heap.jar"
if [ ! -f "$walker" ] && [ ! -d /usr/share/visualvm ]; then
  fetched=$(mktemp -d)
  fetch() { (cd "$fetched" && apt-get download -qq visualvm >/dev/null 2>&1 && dpkg-deb -x visualvm_*.deb .); }
  fetch || { update; again fetch; } # a bare machine has no lists yet
  mkdir -p "$(dirname "$walker")"
  cp "$fetched"/usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar "$walker.part"
  mv "$walker.part" "$walker"
  rm -rf "$fetched"
fi

# DevTools' heap snapshot worker and VS Code's parser, two files of npm packages, for the comparison of V8 snapshots.
peers="$HOME/.cache/tidemark-tests/v8-peers"
if [ ! -f "$peers/devtools-worker.mjs" ]; then
  fetched=$(mktemp -d)
  pack() { (cd "$fetched" && npm pack --silent chrome-devtools-mcp@1.11.0 @vscode/v8-heap-parser@0.1.0 >/dev/null); }
  again pack
  mkdir -p "$fetched/devtools" "$peers/node_modules/@vscode/v8-heap-parser"
  tar -xzf "$fetched"/chrome-devtools-mcp-*.tgz -C "$fetched/devtools" --strip-components=1
  tar -xzf "$fetched"/vscode-v8-heap-parser-*.tgz -C "$peers/node_modules/@vscode/v8-heap-parser" --strip-components=1
  { cat "$fetched/devtools/build/src/third_party/devtools-heap-snapshot-worker.js"; echo 'export { HeapSnapshotLoader, SecondaryInitManager };'; } \
    >"$peers/devtools-worker.part"
  mv "$peers/devtools-worker.part" "$peers/devtools-worker.mjs"
  rm -rf "$fetched"
fi

# A page without a browser, for the reports' flame graphs.
page="$HOME/.cache/tidemark-tests/jsdom"
if [ ! -f "$page/node_modules/jsdom/package.json" ]; then
  rm -rf "$page" "$page.part"
  mkdir -p "$page.part"
  again npm install --silent --no-audit --no-fund --prefix "$page.part" jsdom@24.1.3 >/dev/null
  mv "$page.part" "$page"
fi
