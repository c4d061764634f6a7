#!/usr/bin/env python3
"""Draws memory histories with known truth, from the mechanisms of production: processes, collectors, pages, orchestration.

  worlds.py OUT --count 1500 --seed 1        writes OUT/series/*.csv and OUT/truth.csv

Written from issue and contract alone, without a look at the engine or at bench/Tidemark.Worlds, so that the one may not share what the
others assume. Every history is simulated twice from the same chance, with its fault and without, and on beyond its end: what the fault
adds is the rate, and when a process that nobody restarts meets its limit is the time. Needs numpy (Debian's python3-numpy).
"""
import argparse
import csv
import os
from datetime import datetime, timezone

import numpy as np

from processes import DAY, MIB, World, simulate
from scenarios import SCENARIOS

HEALTHY = {"steady", "warm-up", "load"}
LEAKING = ("leak", "unbounded-cache", "fragmentation", "native-leak")


def accepted(w, truth):
    """What else is as good, given the columns."""
    accept, kind = set(w.accept), w.kind
    if kind in LEAKING:
        if w.set in ("footprint", "footprint+requests"):
            accept |= set(LEAKING)
        else:
            if w.collector in ("glibc", "jemalloc") and kind == "native-leak":
                accept |= {"leak", "fragmentation"}
            if kind in ("leak", "unbounded-cache") and not (w.set == "all" and w.entries == "fault"):
                accept |= {"leak", "unbounded-cache"}
            if kind in ("fragmentation", "native-leak") and (w.set != "all" or w.collector in ("glibc", "jemalloc")):
                accept |= {"fragmentation", "native-leak"}
        if kind != "fragmentation" or w.heap_fault:
            if truth["detect"] is None or truth["detect"] < 3.5 or truth["grown"] < .04:
                accept |= {"steady", "inconclusive", "warm-up"} | ({"load"} if "requests" in w.set or w.set == "all" else set())
    if kind == "warm-up" and (truth["grown"] < .07 or truth["soon"]):
        accept.add("steady")
    if kind == "steady" and (w.startup > .2 and (not w.old or w.restarts) or w.peak):
        accept.add("warm-up")
    if w.idle and kind in HEALTHY and w.collector not in ("cpython", "glibc", "jemalloc"):
        accept |= {"inconclusive", "steady", "warm-up"}
    if kind == "steady" and w.traffic in ("season", "bursty") and w.per_load > .1:
        accept.add("load")
    if kind in LEAKING and w.idle and w.collector not in ("cpython", "glibc", "jemalloc"):
        accept.add("inconclusive")
    if kind == "load" and truth["grown"] < .1:
        accept.add("steady")
    if w.length < 45 * 60:
        accept.add("inconclusive")          # a start-up looks like a leak
    return accept - {kind}


def write(w, name, folder, t, requests, lives, signals, limits, truth):
    rng, n = w.rng, len(t)
    starts = np.zeros(n, int)
    for number, i in enumerate(lives):
        starts[i:] = i
    total = np.cumsum(requests * w.interval)
    base = np.concatenate([[0], total])[starts]
    first = rng.integers(0, 10 ** 8) if w.old else 0
    total = np.floor(total - base + np.where(starts == 0, first, 0)) if w.traffic != "worker" else np.floor((total - base) * 0)
    unit = float(rng.choice([4096, 4096, 4096, 1024, MIB]))
    if unit == MIB and truth["grown"] and truth["grown"] * signals["footprint"].max() < 25 * MIB:
        unit = 4096.0
    columns = {"footprint_bytes": np.round(signals["footprint"] / unit) * unit}
    if w.set in ("all", "footprint+live"):
        columns["live_heap_bytes"] = np.round(signals["live"] / 8) * 8
    if w.give_limit:
        columns["limit_bytes"] = np.round(limits / MIB) * MIB
    if w.set in ("all", "footprint+requests"):
        columns["requests_total"] = total
    if w.set == "all":
        columns["committed_heap_bytes"] = np.round(signals["committed"] / 65536) * 65536
        if w.collector not in ("glibc", "jemalloc", "cpython"):
            columns["gc_pause_seconds_total"], columns["gc_count_total"] = np.round(signals["gc_pause"], 3), signals["gc_count"]
        if rng.random() < .7:
            columns["threads"], columns["handles"] = signals["threads"], np.round(signals["threads"] * 1.5 + 12)
        if w.entries:
            columns["cache_entries"] = signals["entries"]
    keep = np.ones(n, bool)
    if w.sparse:
        keep[:] = False
        keep[rng.choice(n, w.sparse, replace=False)] = True
    else:
        if rng.random() < .4:
            keep &= rng.random(n) > w.lu(.003, .2)
        if rng.random() < .3 and n > 250:
            for _ in range(int(rng.integers(1, 4))):
                a = int(rng.integers(0, n))
                keep[a:a + int(n * rng.uniform(.005, .08))] = False
        if rng.random() < .15 and n > 500:
            a = n // 2
            keep[a:] &= (np.arange(a, n) % 3 == 0)      # scraped less often from here on
    at = t + (rng.uniform(-.35, .35, n) * w.interval if rng.random() < .25 else 0)
    at = np.round(at, 3 if rng.random() < .3 else 0)
    iso, science, holes = rng.random() < .2, rng.random() < .08, rng.random() < .15
    lost = {c: rng.random(n) < .05 for c in columns if c != "footprint_bytes"} if holes else {}
    with open(os.path.join(folder, name + ".csv"), "w", newline="") as file:
        file.write(",".join(["time", *columns]) + "\n")
        for i in np.nonzero(keep)[0]:
            row = [datetime.fromtimestamp(at[i], timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if iso else f"{at[i]:.3f}".rstrip("0").rstrip(".")]
            for c, values in columns.items():
                v = values[i]
                row.append("" if c in lost and lost[c][i] else f"{v:.6e}" if science and c.endswith("bytes") else f"{v:.3f}" if c.startswith("gc_pause") else str(int(v)))
            file.write(",".join(row) + "\n")
    return list(columns), int(keep.sum())


FIELDS = ("name,kind,acceptable,shape,acceptable_shapes,scenario,growth_start,rate_bytes_per_hour,live_rate_bytes_per_hour,limit_bytes,oom_time,oom_cause,"
          "runtime,collector,footprint_is,interval_seconds,days,samples,start,end,restarts,grown_share,detectability,signal_set,signals").split(",")


def draw(seed, number, folder):
    """One history; drawn again where it cannot be (killed by its healthy self, no growth left)."""
    attempt = 0
    while True:
        rng = np.random.default_rng([seed, number, attempt])
        attempt += 1
        kinds = np.array([{"steady": .3, "warm-up": .12, "load": .1, "leak": .18, "unbounded-cache": .1, "fragmentation": .07, "native-leak": .09, "inconclusive": .04}[k] /
                          sum(x[1] for x in SCENARIOS if x[0] == k) * weight for k, weight, _ in SCENARIOS])
        kind, _, what = SCENARIOS[rng.choice(len(SCENARIOS), p=kinds / kinds.sum())]
        w = World(rng)
        w.kind, w.epoch = kind, float(1735689600 + 60 * int(rng.integers(0, 450000)))
        what(w)
        if kind in HEALTHY:
            w.seasons_can_be_seen()
        done = simulate(w, w.epoch)
        if done is None:
            continue
        t, requests, lives, signals, limits, truth = done
        name = f"o{seed}-{number:05d}"
        grows = kind in LEAKING and truth["rate"] is not None
        if grows and max(truth["rate"], truth["live_rate"]) <= 0:
            continue
        accept = accepted(w, truth)
        columns, samples = write(w, name, folder, t, requests, lives, signals, limits, truth)
        blank = lambda x, f="%.0f": "" if x is None else f % x
        return dict(zip(FIELDS, [
            name, kind, "|".join(sorted(accept)), w.shape, "|".join(sorted(w.shapes)), what.__name__, blank(w.epoch + (w.growth_from or 0) * w.length) if grows else "",
            blank(truth["rate"]) if grows and truth["rate"] > 0 else "", blank(truth["live_rate"]) if grows and truth["live_rate"] > 0 else "",
            blank(limits[-1]) if w.give_limit else "", blank(truth["oom"]), "limit" if truth["oom"] else "", w.runtime, w.collector, w.footprint_is,
            blank(w.interval), "%.4f" % ((t[-1] - t[0]) / DAY), samples, blank(t[0]), blank(t[-1]), len(lives) - 1, blank(truth["grown"], "%.4f"),
            blank(truth["detect"], "%.2f"), w.set, "|".join(columns)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = os.path.join(args.out, "series")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(args.out, "truth.csv"), "w", newline="") as file:
        rows = csv.DictWriter(file, FIELDS)
        rows.writeheader()
        for number in range(args.count):
            rows.writerow(draw(args.seed, number, folder))


if __name__ == "__main__":
    main()
