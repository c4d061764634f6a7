"""A process through time: its traffic, its collector and pages, its lives, with a fault and without."""
import numpy as np

MIB = 1048576.0
HOUR, DAY = 3600.0, 86400.0


RUNTIMES = [("go", "go")] * 3 + [("jvm", "g1")] * 4 + [("node", "v8")] * 3 + [("python", "cpython")] * 3 + \
    [("dotnet", "dotnet-server"), ("dotnet", "dotnet-workstation")] + [("native", "glibc"), ("native", "jemalloc")]


class World:
    """All that is drawn of one process before time runs. Scenarios change its fields."""

    def __init__(self, rng):
        self.rng = rng
        u, lu = self.u, self.lu
        self.kind, self.accept, self.shape, self.shapes = "steady", set(), "flat", {"sawtooth"}
        self.set = str(rng.choice(["all", "footprint+live", "footprint+requests", "footprint"], p=[.46, .18, .18, .18]))
        self.runtime, self.collector = RUNTIMES[rng.integers(len(RUNTIMES))]
        self.footprint_is = "working-set" if u() < .5 else "rss"
        self.clock(lu(.5 * HOUR, 21 * DAY))
        self.base = lu(30, 3000) * MIB              # live data after the start
        self.native = lu(15, 250) * MIB             # code, metaspace, stacks: what lies outside of the heap
        self.old = u() < .6                         # the process ran before the history begins
        self.traffic = str(rng.choice(["season", "flat", "bursty", "worker"], p=[.5, .25, .15, .1]))
        self.season, self.weekend, self.trend, self.demand_step = u(.2, .9), u(.3, 1.0), 0.0, None
        self.rate = lu(.5, 500)
        self.per_load = lu(.02, .25)                # share of the base that is at work at the mean traffic
        self.lag = lu(30, 2 * HOUR)                 # how long a request or session holds its memory
        self.startup, self.startup_tau = u(.05, .5), lu(60, 900)
        self.noise, self.noise_tau, self.heavy = lu(.0015, .012), lu(60, 3 * HOUR), u() < .4
        self.wander, self.wander_tau = (lu(.003, .02), None) if u() < .35 else (0, None)
        self.restarts, self.deploy_level = [], {}   # times as shares of the history; factors of the base from there
        self.cron = (lu(.02, .25), float(rng.choice([HOUR, 6 * HOUR, DAY])), u(60, 1500)) if u() < .2 else None
        self.live_fault = self.outside_fault = self.heap_fault = None   # functions of a Course
        self.filling = None                         # healthy growth of the live heap
        self.outside_filling = None
        self.pages = None                           # file pages and slab that a working set carries
        self.old_garbage = None                     # (amplitude as a share of the base, period in seconds)
        self.entries = None
        self.entry_bytes = lu(200, 20000)
        self.threads_fault, self.pretouched, self.oom_loop = None, False, None
        self.keep, self.limit_change, self.give_limit, self.growth_from = None, None, u() < .8, None
        self.peak, self.autoscaled, self.by_chance, self.sparse = None, False, False, 0

    def u(self, low=0.0, high=1.0):
        return float(self.rng.uniform(low, high))

    def lu(self, low, high):
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def clock(self, length):
        """An interval that gives between 100 and 9,000 samples."""
        fit = [s for s in (15, 30, 60, 120, 300, 600) if 100 <= length / s <= 9000]
        self.interval, self.length = float(self.rng.choice(fit)), length

    def at_least(self, low, high=21 * DAY):
        if not low <= self.length <= high:
            self.clock(self.lu(low, high))

    def needs(self, *sets):
        if self.set not in sets:
            self.set = str(self.rng.choice(sets))

    def no_season(self):
        if self.traffic == "season":
            self.traffic = "flat"

    def shortest_life(self):
        edges = [0, *sorted(self.restarts), 1]
        return max(np.median(np.diff(edges)), .05) * self.length

    def seasons_can_be_seen(self):
        """A rising morning is no leak, but nobody could tell from half a day of one graph."""
        if self.length < 2.5 * DAY and self.traffic == "season" and self.set in ("footprint", "footprint+live"):
            self.traffic = "flat"
        if self.length < 2.5 * DAY and self.cron and self.cron[1] > self.length / 4:
            self.cron = None


class Course:
    """What a life has seen so far, on the grid of time: for faults that follow time, work, or jobs."""

    def __init__(self, t, start, requests, number):
        self.t, self.age, self.work, self.number = t, t - start, np.cumsum(requests), number


# ---- traffic and noise -------------------------------------------------------------------------------------------

def smooth(x, dt, tau):
    """Exponential smoothing, forwards; a first-order lag."""
    if tau <= dt:
        return x
    a = dt / tau
    out, s = np.empty_like(x), x[0]
    for i, v in enumerate(x.tolist()):
        s += a * (v - s)
        out[i] = s
    return out


def wandering(rng, n, dt, tau, heavy):
    """A stationary autocorrelated series of unit spread."""
    shocks = rng.standard_t(3, n) / 1.73 if heavy else rng.standard_normal(n)
    rho = np.exp(-dt / max(tau, 1.0))
    out, s, k = np.empty(n), rng.standard_normal(), np.sqrt(1 - rho * rho)
    for i, v in enumerate(shocks.tolist()):
        s = rho * s + k * v
        out[i] = s
    return out


def traffic(w, rng, t, n_seen):
    """Requests a second."""
    hour = (t % DAY) / HOUR
    day = np.floor(t / DAY).astype(int)
    phase = w.u(0, 24)
    x = np.ones(len(t))
    if w.traffic == "season":
        if w.u() < .5:
            x = 1 + w.season * (.8 * np.cos((hour - phase) * np.pi / 12) + .2 * np.cos((hour - phase) * np.pi / 6 + 1))
        else:   # office hours
            d = np.abs((hour - phase + 12) % 24 - 12)
            x = 1 - w.season + 1.6 * w.season / (1 + np.exp((d - 5) * 1.8))
        x = np.where((day + 3) % 7 >= 5, x * w.weekend, x)
        x = np.maximum(x * rng.lognormal(0, .07, day.max() - day.min() + 1)[day - day.min()], .02)
    if w.traffic == "bursty":
        x = x * np.exp(.5 * wandering(rng, len(t), w.interval, 600, True).clip(-3, 3))
    x = x * np.exp(.06 * wandering(rng, len(t), w.interval, 900, w.heavy).clip(-5, 5))
    if w.trend:
        x = x * np.maximum(1 + w.trend * (t - t[0]) / w.length, .05)
    if w.demand_step:
        at, factor, over = w.demand_step
        x = x * (1 + (factor - 1) * np.clip((t - t[0] - at * w.length) / max(over, 1), 0, 1))
    if w.autoscaled:    # demand doubles, and so do the pods that share it
        demand = x * (1 + (t - t[0]) / w.length)
        x = demand / np.maximum(np.ceil(demand / 1.2), 1)
    return w.rate * x


# ---- the collector -----------------------------------------------------------------------------------------------

def heap(w, rng_seed, t, lives, live, load, extra):
    """Live heap as its runtime reports it, top of what it used, what it took; collections and their pauses."""
    rng, n, dt = np.random.default_rng(rng_seed), len(t), w.interval
    managed = w.collector in ("go", "g1", "v8", "dotnet-server", "dotnet-workstation")
    budget_share = {"go": 1.0, "g1": .5, "v8": .25, "dotnet-server": .6, "dotnet-workstation": .2}.get(w.collector, 0)
    release = {"go": 600., "g1": 0., "v8": 900., "dotnet-server": 4 * HOUR, "dotnet-workstation": 1800., "cpython": 0., "glibc": 0., "jemalloc": 120.}[w.collector]
    keep = w.keep if w.keep is not None else {"cpython": .8, "glibc": .9, "g1": 1.0}.get(w.collector, 1.0)
    young = budget_share * w.base
    per_request = w.alloc
    garbage_cap, promo = (w.old_garbage[0] * w.base, w.old_garbage[0] * w.base / w.old_garbage[1]) if w.old_garbage else (0., 0.)
    told, top, taken, count, pause = (np.empty(n) for _ in range(5))
    starts = set(lives)
    lv, ld, chance, ex = live.tolist(), load.tolist(), rng.random(n).tolist(), extra.tolist()
    g = og = tk = c = p = last = 0.0
    forced, waited = w.collector == "go", 0.0       # Go collects every two minutes at the latest
    for i in range(n):
        v = lv[i]
        if i in starts:
            og = chance[i] * garbage_cap if i == 0 and w.old else 0.0
            runs = i == 0 and w.old
            top_up = 0.0 if forced else budget_share * w.base
            g, tk, c, p, last = (chance[i] * top_up, v + top_up, 1000., 3., v) if runs else (0.0, v, 0.0, 0.0, v)
        if managed:
            budget = max(v if w.collector == "go" else young, 4 * MIB)
            rate = ld[i] * per_request
            g, waited = g + rate * dt, waited + dt
            if forced and waited >= 120 and g < budget:
                c += waited // 120
                g, waited, last = rate * chance[i] * 120, waited % 120, v
            elif forced:
                budget = min(budget, rate * 120 + 1)
            og += promo * dt * (.5 + .5 * ld[i] / w.rate)
            if g >= budget:
                k = int(g // budget)
                g = chance[i] * budget if k > 1 else g - budget
                c += k
                p += k * (.002 + v / MIB * 4e-6)
                if og > garbage_cap > 0:
                    og = 0.0
                last, waited = v + og, 0.0
                high = v + og + budget
            else:
                high = v + og + g
        else:
            high, last = v, v
        if release:
            tk = max(high, tk + (high - tk) * min(1.0, dt / release))
        elif high > tk:
            tk = high
        elif keep < 1:
            tk = max(high, tk - (1 - keep) * (tk - high) * min(1.0, dt / 600))
        told[i], top[i], taken[i], count[i], pause[i] = last, high, tk + ex[i], c, p
    return told, top, taken, count, pause


# ---- one process through time ------------------------------------------------------------------------------------

def run(w, fault, noise, t, requests, lives, n_end=None):
    """Arrays of a process with or without its fault, over the lives given."""
    n, dt = len(t), w.interval
    bounds = list(lives) + [n]
    live, extra, outside, entries, threads = (np.zeros(n) for _ in range(5))
    load = requests / w.rate
    held = smooth(load, dt, w.lag)
    for number, (a, b) in enumerate(zip(bounds, bounds[1:])):
        start = t[a] - (w.before if a == 0 and w.old else 0)
        c = Course(t[a:b], start, requests[a:b] * dt, number)
        share = 1 - w.startup * np.exp(-c.age / w.startup_tau)
        version = [f for at, f in w.deploy_level.items() if t[a] >= t[0] + at * w.length - 1]
        body = w.base * (version[-1] if version else 1.0)
        live[a:b] = body * share + w.base * w.per_load * held[a:b] * np.minimum(1, c.age / w.lag + .05)
        outside[a:b] = w.native * (1 - .5 * w.startup * np.exp(-c.age / w.startup_tau))
        threads[a:b] = 20 + np.round(10 * held[a:b])
        if w.filling:
            live[a:b] += w.filling(c)
        if w.outside_filling:
            outside[a:b] += w.outside_filling(c)
        if w.entries == "cache":
            entries[a:b] = (w.filling(c) if w.filling else 0) / w.entry_bytes
        if fault:
            if w.live_fault:
                grown = w.live_fault(c)
                live[a:b] += grown
                if w.entries == "fault":
                    entries[a:b] = 50 + grown / w.entry_bytes
            if w.heap_fault:
                extra[a:b] += w.heap_fault(c)
            if w.outside_fault:
                grown = w.outside_fault(c)
                outside[a:b] += grown
                if w.threads_fault:
                    threads[a:b] += np.round(grown / w.threads_fault)
    if w.cron:
        size, every, lasts = w.cron
        live = live + w.base * size * ((t + w.cron_phase) % every < max(lasts, dt))
    if w.peak:
        at, size, lasts = w.peak
        live = live + w.base * size * ((t >= t[0] + at * w.length) & (t < t[0] + at * w.length + lasts))
    live = np.maximum(live * (1 + w.wander * noise["wander"]) + w.base * w.noise * noise["live"], MIB)
    told, top, taken, count, pause = heap(w, noise["seed"], t, lives, live, requests, extra)
    if w.pretouched:
        inside = np.full(n, w.pretouched_bytes)
    else:
        inside = np.maximum(taken, live + extra)
    footprint = inside + outside + w.native * .02 * noise["native"] + w.base * w.noise * .5 * noise["foot"]
    if w.pages:
        footprint = footprint + w.pages(t, footprint)
    return {"footprint": footprint, "live": told, "committed": (inside if w.pretouched else taken * 1.02), "threads": threads,
            "entries": np.round(entries), "gc_count": count, "gc_pause": pause, "clean": live}


def simulate(w, epoch):
    rng = w.rng
    n = max(int(w.length / w.interval), 20)
    ahead = min(3 * n, 14000)
    t = epoch + np.arange(n + ahead) * w.interval
    w.before = w.lu(2 * HOUR, 30 * DAY) if w.old else 0.0
    w.cron_phase = w.u(0, DAY)
    # What a request allocates. A collector comes round ten times at least, or its sawtooth could not be told from growth; only where
    # the live heap stands beside the footprint may it hardly ever come, and then the live heap is seen to stand still.
    w.idle = w.u() < .05 and w.set in ("all", "footprint+live")
    w.alloc = w.base / w.rate * (w.lu(.1, .8) / w.length if w.idle else max(w.lu(.002, .2) / (60 if w.u() < .8 else 3600), 12 / w.shortest_life()))
    w.lag = min(w.lag, w.length / 12)
    requests = traffic(w, rng, t, n)
    tau = w.wander_tau or w.length / w.u(15, 60)
    noise = {"live": wandering(rng, len(t), w.interval, w.noise_tau, w.heavy).clip(-9, 9), "wander": wandering(rng, len(t), w.interval, tau, False),
             "native": wandering(rng, len(t), w.interval, HOUR, False), "foot": wandering(rng, len(t), w.interval, w.interval, w.heavy).clip(-12, 12),
             "seed": int(rng.integers(1 << 31))}
    lives = [0] + sorted({int(x * n) for x in w.restarts} - {0})
    limit = None
    if w.oom_loop:
        # Killed whenever the footprint meets the limit; the next life begins empty.
        probe = run(w, True, noise, t, requests, [0])["footprint"]
        limit = probe[0] + (probe[:n].max() - probe[0]) * w.u(.15, .45)
        healthy = run(w, False, noise, t, requests, [0])["footprint"][:n]
        if healthy.max() * 1.04 > limit:
            return None
        lives = [0]
        while len(lives) < 40:
            crossed = np.nonzero(run(w, True, noise, t, requests, lives)["footprint"][lives[-1]:n] >= limit)[0]
            if len(crossed) == 0:
                break
            at = lives[-1] + int(crossed[0]) + 1 + int(rng.integers(0, 3))
            if at >= n - 5:
                break
            lives.append(at)
        if len(lives) < 2 or n / len(lives) < 40:
            return None
    with_fault = run(w, True, noise, t, requests, lives)
    faulty = w.live_fault or w.outside_fault or w.heap_fault
    without = run(w, False, noise, t, requests, lives) if faulty else with_fault
    truth = {"oom": None, "rate": None, "live_rate": None, "detect": None, "grown": None}
    foot = with_fault["footprint"]
    if limit is None:
        limit = foot[:n].max() * w.lu(1.06, 3.0)
    if w.limit_change:
        limits = np.where(t < t[0] + w.limit_change[0] * w.length, limit * w.limit_change[1], limit)
        limits = np.maximum(limits, foot[:n].max() * 1.03)
    else:
        limits = np.full(len(t), limit)
    if faulty:
        gone = foot - without["footprint"]
        live_gone = with_fault["live"] - without["live"]
        reach = int(w.length * (1 if w.by_chance else max(DAY / w.length if w.length > 2 * DAY and w.traffic == "season" else 0, .12)) / w.interval)
        a, b = max(lives[-1], n - reach), min(n + reach, len(t))
        truth["rate"], truth["live_rate"] = (slope(t[a:b], x[a:b]) for x in (gone, live_gone))
        grows = gone if not w.pretouched else live_gone
        spread_of = without["footprint"] if not w.pretouched else without["live"]
        life = max(zip(lives, lives[1:] + [n]), key=lambda x: np.ptp(grows[x[0]:x[1]])) if len(lives) > 1 else (0, n)
        spread = np.mean([np.std(spread_of[x:y]) for x, y in zip(lives, lives[1:] + [n]) if y - x > 8] or [1])
        truth["detect"] = float(np.ptp(grows[life[0]:life[1]]) / (2 * spread + 1))
        truth["grown"] = float(np.ptp(grows[:n]) / foot[:n].max())
        crossed = np.nonzero(foot[n:] >= limits[-1])[0]
        if len(crossed) and w.give_limit:
            truth["oom"] = float(t[n + crossed[0]])
    else:
        truth["grown"] = float(np.ptp(with_fault["clean"][:n]) / foot[:n].max())
        early, late = np.median(foot[int(.1 * n):int(.2 * n) + 1]), np.median(foot[int(.75 * n):n])
        truth["soon"] = early > late - .2 * abs(late - foot[0])     # whoever looks at the whole sees something steady
    return t[:n], requests[:n], lives, {k: v[:n] for k, v in with_fault.items()}, limits[:n], truth


def slope(t, y):
    return float(np.polyfit((t - t[0]) / HOUR, y, 1)[0]) if len(t) > 3 else 0.0
