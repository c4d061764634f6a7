"""What is true of a process, and why: every scenario sets the fields of a World."""
import numpy as np

from processes import DAY, HOUR

SCENARIOS = []


def scenario(kind, weight=1.0):
    def add(f):
        SCENARIOS.append((kind, weight, f))
        return f
    return add


def distinct_keys(n, universe, exponent):
    """Expected distinct keys after n draws of a Zipf law over a universe."""
    edges = np.unique(np.round(np.geomspace(1, universe, 160)))
    many, rank = np.diff(np.append(edges, universe + 1)), edges
    p = rank ** -exponent
    p /= (p * many).sum()
    grid = np.concatenate([[0], np.geomspace(1, max(n.max(), 2), 120)])
    return np.interp(n, grid, (many * (1 - np.exp(-np.outer(grid, p)))).sum(1))


def amount(w, low=.06, high=1.2):
    """Bytes that grow over the whole history."""
    return w.lu(low, high) * (w.base * (1 + w.per_load) + .6 * w.native)


def since(c):
    return c.t - c.t[0]


def restarts(w, p=.35, most=3):
    if w.u() < p:
        w.restarts = sorted(w.u(.05, .92) for _ in range(int(w.rng.integers(1, most + 1))))
    return len(w.restarts) + 1


def by_time_or_work(w, a, per_request):
    return (lambda c: a * c.work / (w.rate * w.length)) if per_request else (lambda c: a * since(c) / w.length)


# steady

@scenario("steady", 2)
def flat(w): restarts(w)

@scenario("steady", 2)
def seasons(w):
    w.at_least(3 * DAY)
    w.traffic, w.per_load = "season", w.lu(.08, .5)
    restarts(w)

@scenario("steady", 2)
def slow_collector(w):
    w.runtime, w.collector = [("jvm", "g1"), ("dotnet", "dotnet-server"), ("node", "v8")][w.rng.integers(3)]
    w.old_garbage = (w.u(.15, .8), min(w.lu(HOUR, 2 * DAY), w.length / w.u(4, 12)))

@scenario("steady", 1.5)
def jobs_by_the_clock(w):
    w.cron = (w.lu(.1, .8), float(w.rng.choice([HOUR, 6 * HOUR, DAY])), w.u(60, 5400))
    w.at_least(4.5 * w.cron[1])

@scenario("steady")
def weekly_batch(w):
    w.at_least(15 * DAY)
    w.cron = (w.lu(.2, 1.0), 7 * DAY, w.u(1, 8) * HOUR)

@scenario("steady", 2)
def deploys_change_the_level(w):
    w.restarts = sorted(w.u(.08, .85) for _ in range(int(w.rng.integers(1, 5))))
    w.deploy_level = {x: w.lu(.75, 1.4) for x in w.restarts}

@scenario("steady")
def restarted_every_night(w):
    w.at_least(4 * DAY, 14 * DAY)
    w.startup, w.restarts = w.u(.2, .6), [x * DAY / w.length for x in np.arange(w.u(.1, .9), w.length / DAY, 1.0)]

@scenario("steady")
def flash_crowd(w):
    w.at_least(6 * HOUR)
    w.peak = (w.u(.1, .85), w.u(.1, .5), w.lu(120, 2 * HOUR))

@scenario("steady", 1.5)
def pages_at_the_ceiling(w):
    w.footprint_is = "working-set"
    top, tau, saw = w.lu(.05, .8) * w.base, w.lu(HOUR, 12 * HOUR), w.u(0, .3)
    w.pages = lambda t, f: top * (1 - saw * np.abs(np.sin(t / tau)) ** 3)

@scenario("steady")
def log_file_rotates(w):
    w.footprint_is = "working-set"
    w.at_least(4 * DAY)
    top = w.lu(.04, .4) * w.base
    w.pages = lambda t, f: top * (t % DAY) / DAY

@scenario("steady", 1.5)
def leak_was_fixed(w):
    w.at_least(3 * HOUR)
    at, a = w.u(.25, .6), amount(w, .15)
    w.restarts, w.accept = [at], {"warm-up"}
    w.filling = lambda c: a * since(c) / w.length if c.number == 0 else np.zeros(len(c.t))

@scenario("steady", 1.5)
def cache_with_ttl(w):
    w.old, w.traffic, w.entries = True, "season", "cache"
    w.at_least(4 * DAY)
    ttl, a = w.lu(600, 12 * HOUR), w.lu(.1, .5) * w.base
    k = max(int(ttl / w.interval), 1)
    w.filling = lambda c: a * np.convolve(np.diff(c.work, prepend=0), np.ones(k))[:len(c.t)] / (w.rate * ttl)

@scenario("steady")
def workers_are_recycled(w):
    w.runtime, w.collector = "python", "cpython"
    many, every, a = int(w.rng.integers(3, 12)), w.lu(.5 * HOUR, 12 * HOUR), w.lu(.1, .8) * w.base
    every = min(every, w.length / 5)
    phases = w.rng.uniform(0, every, many)
    w.filling = lambda c: sum(a / many * ((c.t + p) % (every * (1 + .1 * i / many))) / every for i, p in enumerate(phases))

@scenario("steady", 1.5)
def wanders(w):
    w.wander, w.wander_tau = w.lu(.008, .03), w.length / w.u(15, 60)

@scenario("steady")
def autoscaled(w):
    w.at_least(DAY)
    w.traffic, w.autoscaled = "season", True

@scenario("steady")
def limit_is_changed(w):
    x = w.u(.15, .85)
    w.limit_change, w.restarts, w.give_limit = (x, w.u(.4, 2.2)), [x] if w.u() < .6 else [], True

# warm-up

@scenario("warm-up", 2)
def starts_up(w):
    w.old, w.startup = False, w.u(.25, .7)
    w.startup_tau = w.length / w.u(8, 25)
    w.wander = 0

@scenario("warm-up", 2)
def bounded_cache_fills(w):
    w.old, w.entries = False, "cache"
    w.at_least(3 * HOUR)
    cap, full = amount(w, .12, 1.0), w.u(.15, .65)
    w.filling = lambda c: np.minimum(cap, cap * c.work / (w.rate * w.length * full))

@scenario("warm-up", 1.5)
def few_keys_are_all_seen(w):
    w.old, w.entries = False, "cache"
    w.at_least(3 * HOUR)
    draws, s, cap = w.rate * w.length, w.u(0, .6), amount(w, .15, 1.0)
    universe = max(draws * w.lu(.02, .12), 50)
    w.filling = lambda c: cap * distinct_keys(c.work, universe, s) / universe

@scenario("warm-up")
def ttl_cache_after_a_start(w):
    w.old, w.entries = False, "cache"
    w.at_least(6 * HOUR)
    ttl, a = w.length * w.u(.1, .4), amount(w, .12, 1.0)
    w.filling = lambda c: a * np.minimum(since(c) / ttl, 1)

@scenario("warm-up")
def heap_gets_touched(w):
    w.runtime, w.collector, w.old = "jvm", "g1", False
    w.at_least(3 * HOUR)
    full, a = w.length * w.u(.15, .6), amount(w, .15, 1.0)
    w.outside_filling = lambda c: a * np.minimum(since(c) / full, 1)

@scenario("warm-up")
def pages_fill_the_working_set(w):
    w.footprint_is, w.old = "working-set", False
    w.at_least(3 * HOUR)
    full, a = w.length * w.u(.15, .6), amount(w, .15, 1.0)
    w.outside_filling = lambda c: a * np.minimum(since(c) / full, 1) if c.number == 0 else np.full(len(c.t), a)

@scenario("warm-up")
def refill_after_a_deploy(w):
    w.entries, w.startup = "cache", w.u(.05, .2)
    w.at_least(6 * HOUR)
    at = w.u(.15, .45)
    cap, full = amount(w, .15, .8), w.length * w.u(.08, .25)
    w.restarts, w.accept = [at], {"steady"}
    w.filling = lambda c: np.minimum(cap, cap * since(c) / full) if c.number else np.full(len(c.t), cap)

# load

def load_world(w):
    w.needs("all", "footprint+requests")
    w.per_load = w.lu(.3, 1.2)
    if w.traffic == "worker":
        w.traffic = "flat"

@scenario("load", 2)
def traffic_grows(w):
    load_world(w)
    w.at_least(DAY)
    w.trend = w.u(.5, 1.6)
    if w.length < 4 * DAY:
        w.no_season()

@scenario("load", 1.5)
def traffic_moves_here(w):
    load_world(w)
    w.no_season()
    w.demand_step = (w.u(.2, .7), w.u(1.5, 2.5), w.lu(60, .1 * w.length))
    w.accept, w.lag = {"steady"} if w.demand_step[2] < .03 * w.length else set(), min(w.lag, w.length / 40)

@scenario("load")
def morning(w):
    load_world(w)
    w.clock(w.u(4, 9) * HOUR)
    w.no_season()
    w.demand_step = (w.u(.05, .3), w.u(2, 5), w.u(.4, .65) * w.length)
    w.lag, w.shapes = min(w.lag, HOUR), {"linear", "logarithmic", "accelerating", "step"}

@scenario("load")
def sessions_follow(w):
    load_world(w)
    w.at_least(2 * DAY)
    w.no_season()
    w.trend, w.lag = w.u(.6, 1.6), w.lu(.5, 3) * HOUR

# leaks of the live heap

def leaks(w, low=.06, high=1.2, old_p=.6):
    w.old = w.u() < old_p
    w.seasons_can_be_seen()
    w.shape, w.shapes = "linear", {"sawtooth"}
    return amount(w, low, high) * restarts(w, .25, 2)

@scenario("leak", 2)
def grows_by_the_clock(w):
    w.live_fault = by_time_or_work(w, leaks(w), False)

@scenario("leak", 2)
def grows_by_request(w):
    w.live_fault = by_time_or_work(w, leaks(w), True)

@scenario("leak", 2)
def grows_since_a_deploy(w):
    w.at_least(3 * HOUR)
    w.seasons_can_be_seen()
    x, a, work = w.u(.2, .65), amount(w, .08), w.u() < .4
    w.restarts, w.shape, w.growth_from = [x], "linear", x
    w.deploy_level = {x: w.lu(.85, 1.2)}
    w.live_fault = lambda c: (a * c.work / w.rate if work else a * since(c)) / (w.length * (1 - x)) if c.number else np.zeros(len(c.t))

@scenario("leak", 1.5)
def begins_midway(w):
    w.at_least(3 * HOUR)
    w.seasons_can_be_seen()
    x, a = w.u(.2, .65), amount(w, .08)
    w.shape, w.growth_from, w.old = "linear", x, True
    w.live_fault = lambda c: a * np.maximum(c.t - w.epoch - x * w.length, 0) / (w.length * (1 - x))

@scenario("leak", 1.5)
def each_job_leaves_some(w):
    every = float(w.rng.choice([900, HOUR, 6 * HOUR, DAY]))
    w.at_least(9 * every)
    w.seasons_can_be_seen()
    w.shape, w.shapes, w.cron = "linear", {"step", "sawtooth"}, (w.lu(.02, .3), every, w.u(60, 900))
    a = amount(w, .08) * every / w.length
    w.live_fault = lambda c: a * (np.floor((c.t + w.cron_phase) / every) - np.floor((c.t[0] + w.cron_phase) / every))

@scenario("leak")
def errors_leak(w):
    a, many = leaks(w, .1), int(w.rng.integers(25, 120))
    at = np.sort(w.rng.uniform(0, 4, 4 * many)) * w.length
    size = np.cumsum(w.rng.lognormal(0, .6, 4 * many)) / many / 1.2
    w.shapes, w.by_chance = {"step"}, True
    w.live_fault = lambda c: a * (np.interp(c.t - w.epoch, at, size) - np.interp(c.t[0] - w.epoch, at, size))

@scenario("leak", 1.5)
def leaks_behind_a_slow_collector(w):
    slow_collector(w)
    w.live_fault = by_time_or_work(w, leaks(w, .2), False)

@scenario("leak")
def accelerates(w):
    a, p = leaks(w, .15), w.u(1.6, 2.8)
    w.restarts, w.shape, w.shapes = [], "accelerating", {"linear"}
    w.live_fault = lambda c: a * (since(c) / w.length) ** p

@scenario("leak", 1.5)
def killed_again_and_again(w):
    a = amount(w, .8, 3)
    w.at_least(3 * HOUR)
    w.seasons_can_be_seen()
    w.shape, w.shapes, w.oom_loop, w.give_limit = "linear", {"sawtooth"}, True, True
    w.live_fault = by_time_or_work(w, a, w.u() < .4)

@scenario("leak")
def leaks_while_traffic_grows(w):
    w.needs("all", "footprint+requests")
    w.at_least(DAY)
    w.no_season()
    w.trend, w.per_load = w.u(.1, .4), w.lu(.03, .1)
    w.shape = "linear"
    w.live_fault = by_time_or_work(w, amount(w, .3, 1.2), w.u() < .5)

@scenario("leak")
def inside_a_pretouched_heap(w):
    w.runtime, w.collector, w.pretouched = "jvm", "g1", True
    w.needs("all", "footprint+live")
    w.live_fault = by_time_or_work(w, leaks(w, .1, .8), w.u() < .5)
    w.pretouched_bytes = w.base * 3.5
    w.give_limit = False

# caches without a bound

def cached(w):
    w.entries, w.shape, w.shapes = "fault", "linear", {"logarithmic", "sawtooth"}

@scenario("unbounded-cache", 2)
def key_for_every_request(w):
    w.live_fault = by_time_or_work(w, leaks(w), True)
    cached(w)

@scenario("unbounded-cache", 2)
def zipf_keys(w):
    w.old = False
    w.at_least(4 * HOUR)
    w.seasons_can_be_seen()
    a, draws, s = amount(w, .15, 1.2), w.rate * w.length, w.u(.3, 1.2)
    universe = draws * w.lu(2, 300)
    d = distinct_keys(np.array([draws]), universe, s)[0]
    w.live_fault = lambda c: a * distinct_keys(c.work, universe, s) / d
    cached(w)
    w.shape = "logarithmic"
    w.shapes = {"linear"}

@scenario("unbounded-cache", 1.5)
def keys_with_the_date(w):
    w.at_least(5 * DAY)
    w.seasons_can_be_seen()
    a, s, users = amount(w, .12, 1.2) * DAY / w.length, w.u(.2, .9), w.rate * DAY * w.lu(.05, 1)
    d = distinct_keys(np.array([w.rate * DAY]), users, s)[0]

    def fault(c):
        day = np.floor(c.t / DAY)
        first = np.concatenate([[True], np.diff(day) > 0])
        begun = np.maximum.accumulate(np.where(first, c.work, 0))
        today = distinct_keys(c.work - begun, users, s) / d
        done = np.cumsum(np.where(first, np.concatenate([[0], today[:-1]]), 0))
        return a * (done + today)
    w.live_fault = fault
    cached(w)
    w.shapes |= {"step"}

@scenario("unbounded-cache", 1.5)
def cache_came_with_a_deploy(w):
    grows_since_a_deploy(w)
    cached(w)

# fragmentation

@scenario("fragmentation", 2)
def holes_creep(w):
    w.needs("all", "footprint+live")
    w.heap_fault = by_time_or_work(w, leaks(w), w.u() < .5)

@scenario("fragmentation", 1.5)
def each_batch_leaves_holes(w):
    w.needs("all", "footprint+live")
    every = float(w.rng.choice([900, HOUR, 6 * HOUR, DAY]))
    w.at_least(9 * every)
    w.seasons_can_be_seen()
    w.shape, w.shapes, w.cron = "linear", {"step"}, (w.lu(.02, .2), every, w.u(60, 900))
    a = amount(w, .1) * every / w.length
    w.heap_fault = lambda c: a * (np.floor((c.t + w.cron_phase) / every) - np.floor((c.t[0] + w.cron_phase) / every))

@scenario("fragmentation", 1.5)
def stays_after_a_peak(w):
    w.needs("all", "footprint+live")
    w.runtime, w.collector = [("python", "cpython"), ("native", "glibc")][w.rng.integers(2)]
    w.at_least(14 * HOUR)
    w.peak, w.keep, w.old = (w.u(.1, .45), w.u(2.2, 5), w.lu(600, 3 * HOUR)), 1.0, True
    w.wander, w.traffic, w.per_load = 0, "flat", .05
    w.native = min(w.native, .2 * w.base)
    w.cron = None
    w.shape, w.shapes = "step", {"flat"}

@scenario("fragmentation")
def holes_since_a_deploy(w):
    grows_since_a_deploy(w)
    w.needs("all", "footprint+live")
    w.heap_fault, w.live_fault = w.live_fault, None

# outside of the heap

@scenario("native-leak", 2)
def extension_leaks(w):
    w.outside_fault = by_time_or_work(w, leaks(w), False)

@scenario("native-leak", 1.5)
def extension_leaks_by_request(w):
    w.outside_fault = by_time_or_work(w, leaks(w), True)

@scenario("native-leak", 1.5)
def extension_since_a_deploy(w):
    grows_since_a_deploy(w)
    w.outside_fault, w.live_fault = w.live_fault, None

@scenario("native-leak")
def threads_pile_up(w):
    a = leaks(w, .1)
    w.threads_fault = w.lu(60, 800) * 1024
    grow = by_time_or_work(w, a, w.u() < .5)
    w.outside_fault = lambda c: np.floor(grow(c) / w.threads_fault) * w.threads_fault

@scenario("native-leak")
def killed_for_what_is_outside(w):
    killed_again_and_again(w)
    w.outside_fault, w.live_fault = w.live_fault, None

@scenario("native-leak", 1.5)
def native_process_leaks(w):
    w.runtime, w.collector = [("native", "glibc"), ("native", "jemalloc")][w.rng.integers(2)]
    w.outside_fault = by_time_or_work(w, leaks(w), w.u() < .5)

# nothing can be told

@scenario("inconclusive", .7)
def just_started(w):
    w.old, w.length, w.interval = False, w.u(120, 420), 15.0
    w.startup = .5
    w.accept = {"warm-up"}

@scenario("inconclusive", .7)
def hardly_scraped(w):
    w.sparse = int(w.rng.integers(3, 12))

@scenario("inconclusive", .5)
def crash_loop(w):
    w.clock(w.u(2, 8) * HOUR)
    w.interval = float(w.rng.choice([60, 120]))
    w.restarts = list(np.arange(.005, 1, 6.5 * w.interval / w.length))
