#!/usr/bin/env bash
# Compiles the hooks into allocation-hooks.bin. Needs gcc and binutils on x86-64; the result is committed, because tidemark is built where there is no C compiler.
#   build.sh [OUT]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
out=${1:-allocation-hooks.bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -std=gnu11 -Wall -Werror -Wno-unused-parameter -ffreestanding -fpic -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
  -fno-tree-loop-distribute-patterns -mgeneral-regs-only -c allocation-hooks.c -o "$work/hooks.o"
gcc -c entries.S -o "$work/entries.o"
ld -T block.ld -o "$work/block.elf" "$work/entries.o" "$work/hooks.o"
[ -z "$(nm -u "$work/block.elf")" ] || { echo "the block refers to something outside of it" >&2; exit 1; }
objcopy -O binary -j .all "$work/block.elf" "$out"
