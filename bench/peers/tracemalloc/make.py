"""Two snapshots: 1.0 and 1.3 million traces over 200,000 tracebacks of 5 frames. Usage: make.py OLD NEW"""
import random
import sys
import tracemalloc


def snapshot(seed, count, tracebacks):
    dice = random.Random(seed)
    traces = []
    for _ in range(count):
        frames = tracebacks[dice.randrange(len(tracebacks))]
        traces.append((0, dice.choice((32, 64, 96, 512, 4096)), frames, len(frames)))
    return tracemalloc.Snapshot(traces, 5)


dice = random.Random(0)
lines = [("/srv/app/package_%d/module_%d.py" % (i % 20, i % 300), 10 + i % 900) for i in range(20_000)]
tracebacks = [tuple(dice.choice(lines) for _ in range(5)) for _ in range(200_000)]
snapshot(1, 1_000_000, tracebacks[:180_000]).dump(sys.argv[1])
snapshot(2, 1_300_000, tracebacks).dump(sys.argv[2])
