#!/usr/bin/env python3
"""Makes heap profiles of 100,000 stacks over a real program: generate.py FOLDER. Needs g++ and nm."""
import random
import subprocess
import sys

STACKS, DEPTH, FUNCTIONS = 100_000, 24, 3000
folder = sys.argv[1]
random.seed(1)
with open(f"{folder}/program.cpp", "w") as source:
    for i in range(FUNCTIONS):
        source.write(f"namespace part{i % 40} {{ __attribute__((noinline)) int step{i}(int x) {{\n  x += {i};\n  if (x & 1)\n    x *= 3;\n  return x ^ {i * 7};\n}} }}\n")
    source.write("int main() { return " + " + ".join(f"part{i % 40}::step{i}({i})" for i in range(FUNCTIONS)) + "; }\n")
subprocess.run(["g++", "-g", "-O1", "-no-pie", "-o", f"{folder}/program", f"{folder}/program.cpp"], check=True)
symbols = []
for line in subprocess.run(["nm", "-S", "--defined-only", f"{folder}/program"], check=True, capture_output=True, text=True).stdout.splitlines():
    words = line.split()
    if len(words) == 4 and words[2] in "tT":
        symbols.append((int(words[0], 16), int(words[1], 16)))
places = [start + random.randrange(1, size) for start, size in symbols for _ in range(4) if size > 1]
# Stacks share their outer calls, as those of real programs do.
trunks = [random.choices(places, k=DEPTH - 4) for _ in range(2000)]
stacks = [random.choices(places, k=4) + random.choice(trunks) for _ in range(STACKS)]
segments = subprocess.run(["readelf", "-lW", f"{folder}/program"], check=True, capture_output=True, text=True).stdout
text = next(l.split() for l in segments.splitlines() if l.strip().startswith("LOAD") and " R E " in l)
offset, address, size = int(text[1], 16), int(text[2], 16), int(text[4], 16)
maps = f"{address & ~0xFFF:08x}-{(address + size + 0xFFF) & ~0xFFF:08x} r-xp {offset & ~0xFFF:08x} 08:01 1234 {folder}/program\n"
figures = [(random.randrange(1, 50), random.randrange(1, 50) * 48) for _ in stacks]
with open(f"{folder}/jemalloc.heap", "w") as out:
    total = f"{sum(c for c, _ in figures)}: {sum(b for _, b in figures)}"
    out.write(f"heap_v2/524288\n  t*: {total} [{total}]\n")
    for stack, (count, size) in zip(stacks, figures):
        out.write("@ " + " ".join(f"0x{a:x}" for a in stack) + f"\n  t*: {count}: {size} [{count}: {size}]\n")
    out.write("\nMAPPED_LIBRARIES:\n" + maps)
with open(f"{folder}/tcmalloc.heap", "w") as out:
    out.write(f"heap profile: {total} [{total}] @ heapprofile\n")
    for stack, (count, size) in zip(stacks, figures):
        out.write(f"{count:6d}: {size:8d} [{count:6d}: {size:8d}] @ " + " ".join(f"0x{a:016x}" for a in stack) + "\n")
    out.write("\nMAPPED_LIBRARIES:\n" + maps)
