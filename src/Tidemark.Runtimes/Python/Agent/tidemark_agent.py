"""Tidemark's agent: answers questions about this interpreter's memory over a private socket.

Nothing beyond the standard library; runs unchanged on CPython 3.8 to 3.14. It runs in a thread of its own, executes
none of the program's code (no properties, no __sizeof__, no __repr__ written in Python), emits no values of the
program's strings beyond identifiers, and takes back whatever it switched on when the other side hangs up.

As a module it is cooperative: put it on PYTHONPATH, `import tidemark_agent; tidemark_agent.listen()` (or set
TIDEMARK_AGENT=1 and import it from sitecustomize), and `tidemark diagnose --pid N` finds it without attaching.
"""
import _socket
import _thread
import gc
import json
import operator
import struct
import sys
import time
from array import array
from itertools import chain, filterfalse, repeat

VERSION = 1
CHUNK = 512
PIECE = 8192
SEEN_LIMIT = 20_000
NAME_LIMIT = 64
NAMED_ENTRIES = 64
NAMESPACE_MARKS = tuple(map(sys.intern, ("__name__", "__module__")))
FLUSH_BYTES = 1 << 18
PAUSE_EVERY = 0.010
PAUSE = 0.002
WEIGH_AGAIN = 30.0

FUNCTION = type(lambda: 0)
BUILTIN = type(len)
MODULE = type(sys)
CELL = type((lambda x: lambda: x)(0).__closure__[0])
GENERATOR = type((lambda: (yield))())
TYPE_BASES = type.__dict__["__mro__"].__get__
TYPE_SPACE = type.__dict__["__dict__"].__get__
TYPE_NAME = type.__dict__["__name__"].__get__
TYPE_QUALNAME = type.__dict__["__qualname__"].__get__
TYPE_MODULE = type.__dict__["__module__"].__get__
TYPE_FLAGS = type.__dict__["__flags__"].__get__
TYPE_DICTOFFSET = type.__dict__["__dictoffset__"].__get__
TYPE_BASICSIZE = type.__dict__["__basicsize__"].__get__
TYPE_ITEMSIZE = type.__dict__["__itemsize__"].__get__
MODULE_DICT = MODULE.__dict__["__dict__"].__get__
MEMBER = type(FUNCTION.__dict__["__closure__"])
HEAP_TYPE = 1 << 9
OBJECTS, DICTS = 0, 1
NOTHING, LEARN, DESCRIBE = 0, 1, 2


def _async_types():
    async def coroutine():
        pass

    async def generator():
        yield

    made = coroutine()
    made.close()
    return type(made), type(generator())


# By identity: a class of the program's may bear the same name.
RUNNING = (GENERATOR,) + _async_types()
FRAME = type(sys._getframe())
CACHE = getattr(sys.modules.get("_functools"), "_lru_cache_wrapper", None)
DESCRIBED = RUNNING + (FRAME, CACHE)


class Gone(Exception):
    """The other side hung up or the time is over."""


def _pristine(module, name):
    """The function as the standard library made it, where gevent or eventlet put their own in its place."""
    monkey = sys.modules.get("gevent.monkey")
    saved = getattr(monkey, "saved", {}).get(module, {}) if monkey else {}
    if name in saved:
        return saved[name]
    patcher = sys.modules.get("eventlet.patcher")
    source = patcher.original(module) if patcher else sys.modules[module]
    return getattr(source, name)


class Channel:
    """Frames of one kind byte and a 32-bit length over a stream socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.pending = []
        self.pending_bytes = 0

    def line(self, timeout):
        """The next question; None where none came in time."""
        self.sock.settimeout(timeout)
        while b"\n" not in self.buffer:
            try:
                data = self.sock.recv(65536)
            except _socket.timeout:
                return None
            except OSError:
                raise Gone from None
            if not data:
                raise Gone
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def send(self, kind, payload):
        self.pending += (struct.pack("<cI", kind, len(payload)), payload)
        self.pending_bytes += len(payload)
        if self.pending_bytes > FLUSH_BYTES:
            self.flush()

    def answer(self, value):
        self.send(b"J", json.dumps(value).encode())
        self.flush()

    def fail(self, error):
        """In place of an answer; frames that were not sent yet are left out, so that the stream stays in step."""
        self.pending = []
        self.pending_bytes = 0
        self.send(b"!", ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace"))
        self.flush()

    def flush(self):
        # Every call that waits gives the interpreter away, and a busy program is slow to give it back: few large ones.
        view = memoryview(b"".join(self.pending))
        self.pending = []
        self.pending_bytes = 0
        self.sock.settimeout(30)
        try:
            while view:
                view = view[self.sock.send(view, _socket.MSG_NOSIGNAL):]
        except OSError:
            raise Gone from None

    def rest(self, seconds):
        """Leaves the interpreter to the program for a moment; ends the work where the other side has gone."""
        self.sock.settimeout(seconds)
        try:
            if not self.sock.recv(1, _socket.MSG_PEEK):
                raise Gone
        except _socket.timeout:
            pass
        except OSError:
            raise Gone from None


class Pace:
    """Works in slices and lets the program go first between them; knows the longest stretch it could not be interrupted."""

    def __init__(self, channel, seconds):
        self.channel = channel
        self.deadline = time.monotonic() + seconds
        self.slice = time.monotonic()
        self.longest = 0.0

    def atomic(self, function, *arguments):
        """One call into C that holds the interpreter until it returns."""
        start = time.perf_counter()
        result = function(*arguments)
        self.longest = max(self.longest, time.perf_counter() - start)
        return result

    def is_over(self):
        return time.monotonic() - self.slice >= PAUSE_EVERY

    def tick(self):
        if not self.is_over():
            return True
        if self.slice > self.deadline:
            return False
        self.channel.rest(PAUSE)
        self.slice = time.monotonic()
        return True


def _mro(cls):
    return TYPE_BASES(cls) or (cls,)  # none yet while a class is being made


def _space(cls):
    return TYPE_SPACE(cls) or {}


def _inherits(cls, base):
    # By identity: comparing or hashing classes may run code of a metaclass.
    return any(b is base for b in _mro(cls))


def _classes(objects):
    classes = list(map(type, objects))
    return dict(zip(map(id, classes), classes))


def _has_python_sizeof(cls):
    for base in _mro(cls):
        method = _space(base).get("__sizeof__")
        if method is not None:
            return type(method) is FUNCTION
    return False


def _sizer(classes):
    """A function that gives an object's size without running the program's code."""
    if not any(_has_python_sizeof(cls) for cls in classes):
        return sys.getsizeof
    return lambda o: object.__sizeof__(o) if _has_python_sizeof(type(o)) else sys.getsizeof(o)


def _sizes(chunk, classes):
    """Sizes of some objects; 0 for one that cannot tell its own, which happens in extensions."""
    size = _sizer(classes)
    try:
        return list(map(size, chunk))
    except Exception:
        return [_size_or_nothing(size, o) for o in chunk]


def _size_or_nothing(size, obj):
    try:
        return max(0, size(obj))
    except Exception:
        return 0


def _entries(space):
    """Keys and values of a dict that other threads may change at any moment: wherever a container is allocated, a collection
    may begin, and with it finalizers, callbacks and other threads. So neither items are asked for, which are allocated one by
    one, nor is it walked in Python."""
    for _ in range(8):
        keys, values = list(map(list, (dict.keys(space), dict.values(space))))
        if len(keys) == len(values):
            break
    count = min(len(keys), len(values))
    return keys[:count], values[:count]


def _first_entry(space):
    """One key with its value, of a dict that may be large and may change meanwhile; None where it is empty."""
    for _ in range(8):
        try:
            for key in dict.keys(space):
                return key, dict.get(space, key)
            return None
        except RuntimeError:
            pass
    return None


def _raw(obj, name):
    """An instance's own attribute without running descriptors written in Python; raises AttributeError."""
    for base in _mro(type(obj)):
        found = _space(base).get(name)
        if found is not None:
            if type(found) is not MEMBER and hasattr(type(found), "__get__"):
                raise AttributeError(name)
            break
    return object.__getattribute__(obj, name)


def _class_name(cls):
    module = _space(cls).get("__module__") if TYPE_FLAGS(cls) & HEAP_TYPE else TYPE_MODULE(cls)
    name = TYPE_QUALNAME(cls)
    return "%s.%s" % (module, name) if type(module) is str and module != "builtins" else name


def _candidate_names(cls):
    """Names that instances of a class may have as attributes: its slots, and what its own code stores."""
    names = {}
    for base in _mro(cls):
        # A class may be given attributes at any time.
        for key, value in _space(base).copy().items():
            if type(value) is MEMBER and type(key) is str:
                names[key] = None
            code = getattr(value, "__code__", None) if type(value) is FUNCTION else None
            if code is not None and base is not object:
                names.update(dict.fromkeys(code.co_names))
    return list(names)


def _is_plain(text):
    return type(text) is str and len(text) <= NAME_LIMIT and text.isidentifier()


class Graph:
    """Writes every container the collector knows, with its references, to the channel; see FORMAT.md."""

    def __init__(self, channel, options):
        self.channel = channel
        self.pace = Pace(channel, options.get("seconds", 60))
        self.sites = options["sites"]
        self.stop_tracing = options["stop_tracing"]
        self.types = {}
        self.kinds = []
        self.classes = []
        self.roles = []
        self.named = set()
        self.seen = set()
        self.layouts = {}
        self.pending = []
        self.counts = [0, 0, 0]
        self.skipped = 0

    def text(self, kind, value):
        self.channel.send(kind, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))

    def run(self):
        objects = self.pace.atomic(gc.get_objects)
        self.own = {id(o) for o in (self, self.__dict__, objects, self.types, self.kinds, self.classes, self.roles,
                                    self.named, self.seen, self.layouts, self.pending,
                                    self.channel, self.pace)}
        self.own.add(id(self.own))
        probe = [object()]
        base = list(map(sys.getrefcount, probe[0:1]))[0]
        self.text(b"H", {
            "version": VERSION, "python": list(sys.version_info[:3]), "implementation": sys.implementation.name,
            "objects": len(objects), "refbase": base, "gc": gc.isenabled(), "frozen": gc.get_freeze_count(),
            "time": time.time(),
        })
        if self.sites:
            self.emit_sites(objects)
        self.roots()
        complete = True
        start = 0
        while start < len(objects):
            chunk = objects[start:start + CHUNK]  # all are held to the end: an address stands for one object only
            start += CHUNK
            self.emit_each(chunk)
            del chunk
            while self.pending:
                chunk, self.pending = self.pending[:CHUNK], self.pending[CHUNK:]
                self.emit_each(chunk)
                del chunk
            if not self.pace.tick():
                complete = False
                break
        total = len(objects)
        del objects
        self.text(b"E", {
            "complete": complete, "visited": min(start, total), "of": total,
            "longest": self.pace.longest, "containers": self.counts[0], "leaves": self.counts[1],
            "references": self.counts[2], "skipped": self.skipped,
        })

    def roots(self):
        roots = []
        names = []
        for name, module in zip(*_entries(sys.modules)):
            if type(name) is str and _inherits(type(module), MODULE):
                space = MODULE_DICT(module)
                if space is not None and name != __name__:
                    roots.append(["module", id(module), name, id(space)])
        threading = sys.modules.get("threading")
        threads = dict(getattr(threading, "_active", {})) if threading else {}
        for ident, frame in list(sys._current_frames().items()):
            if ident == _thread.get_ident():
                continue
            thread = threads.get(ident)
            label = object.__getattribute__(thread, "_name") if thread is not None else "thread %d" % ident
            depth = 0
            while frame is not None and depth < 256:
                code = frame.f_code
                where = getattr(code, "co_qualname", code.co_name)
                module = frame.f_globals.get("__name__")
                if type(module) is str:
                    where = module + "." + where
                roots.append(["frame", id(frame), "%s: %s" % (label, where), 0])
                self.frame(frame, names)
                frame = frame.f_back
                depth += 1
        self.text(b"R", roots)
        self.text(b"S", names)

    def frame(self, frame, names):
        """A running function's variables: the collector does not see most running frames."""
        info = [self.type_of(type(frame))]
        if not frame.f_code.co_flags & 1 or frame.f_trace is not None:
            self.block(b"O", [frame], info, [0], None, [gc.get_referents(frame)])
            return
        local = frame.f_locals
        values = dict(local)
        if sys.version_info < (3, 13) and sys.getrefcount(local) <= 3:
            # Up to 3.12 the interpreter keeps this copy with the frame; emptied again unless the program holds it too.
            local.clear()
        for key in values:
            if id(key) not in self.named:
                self.named.add(id(key))
                names.append([id(key), key])
        self.block(b"V", [frame], info, [0], [list(values)], [list(values.values())])

    def type_of(self, cls):
        index = self.types.get(id(cls))
        if index is None:
            index = self.types[id(cls)] = len(self.classes)
            self.classes.append(cls)
            heap = bool(TYPE_FLAGS(cls) & HEAP_TYPE)
            is_dict = _inherits(cls, dict)
            plain_dict = _inherits(cls, type) or (
                heap and not is_dict and sys.version_info < (3, 11) and TYPE_DICTOFFSET(cls) > 0)
            short = TYPE_NAME(cls)
            if cls is FUNCTION or any(cls is d for d in DESCRIBED) or _inherits(cls, MODULE) or _inherits(cls, type):
                role = DESCRIBE
            else:
                role = LEARN if heap else NOTHING
            kind = ("list" if cls is list else "tuple" if _inherits(cls, tuple) else "dict" if is_dict
                    else "instance" if role == LEARN else short)
            self.kinds.append(DICTS if is_dict else OBJECTS)
            self.roles.append(role)
            self.text(b"T", [[index, id(cls), _class_name(cls), kind, plain_dict]])
        return index

    def emit_each(self, chunk):
        """Writes a chunk; where one of its objects cannot be described, the others all the same."""
        try:
            self.emit(chunk)
            return
        except Gone:
            raise
        except Exception:
            pass
        for place in range(len(chunk)):
            one = chunk[place:place + 1]
            chunk[place] = None  # as many references to it as there are otherwise
            try:
                self.emit(one)
            except Gone:
                raise
            except Exception:
                self.skipped += 1

    def emit(self, chunk):
        counts = list(map(sys.getrefcount, chunk))  # first of all: what follows holds references of its own
        if not self.own.isdisjoint(map(id, chunk)):
            kept = [i for i, o in enumerate(map(id, chunk)) if o not in self.own]
            chunk = [chunk[i] for i in kept]
            counts = [counts[i] for i in kept]
        table = self.types
        classes = list(map(type, chunk))  # once: objects may change their class
        for tid, cls in dict(zip(map(id, classes), classes)).items():
            if tid not in table:
                self.type_of(cls)
        infos = list(map(table.__getitem__, map(id, classes)))
        kinds = self.kinds
        plain = [i for i, k in enumerate(infos) if kinds[k] == OBJECTS]
        if len(plain) < len(chunk):
            dicts = [i for i, k in enumerate(infos) if kinds[k] == DICTS]
            self.emit_dicts([chunk[i] for i in dicts], [infos[i] for i in dicts], [counts[i] for i in dicts])
            chunk = [chunk[i] for i in plain]
            infos = [infos[i] for i in plain]
            counts = [counts[i] for i in plain]
        if chunk:
            self.emit_objects(chunk, infos, counts)

    def emit_objects(self, chunk, infos, counts):
        references = each_referents(chunk)
        if sys.version_info >= (3, 11):
            self.namespaces(chunk, infos, references)
        self.describe(chunk, infos)
        self.learn(chunk, infos, references)
        self.block(b"O", chunk, infos, counts, None, references)

    def emit_dicts(self, chunk, infos, counts):
        keys = list(map(list, map(dict.keys, chunk)))
        values = list(map(list, map(dict.values, chunk)))
        for i, d in enumerate(chunk):
            if len(keys[i]) != len(values[i]):
                keys[i], values[i] = _entries(d)
        self.name_keys(keys)
        for i, d in enumerate(chunk):
            if type(d) is not dict:
                known = set(map(id, keys[i]))
                known.update(map(id, values[i]))
                extra = [o for o in gc.get_referents(d) if id(o) not in known]
                self.pairs(b"X", [(id(d), id(o)) for o in extra])
                self.leaves(extra)
        self.block(b"D", chunk, infos, counts, keys, values)

    def name_keys(self, keys):
        """Writes keys that are names (of attributes, of entries in a small dict); keys of large dicts are data."""
        small = list(chain.from_iterable(
            k for k in keys if len(k) <= NAMED_ENTRIES or any(x is m for x in k[:4] for m in NAMESPACE_MARKS)))
        fresh = dict(zip(map(id, small), small))
        for known in fresh.keys() & self.named:
            del fresh[known]
        names = [[i, k] for i, k in fresh.items() if _is_plain(k)]
        if names:
            self.named.update(i for i, _ in names)
            self.text(b"S", names)

    def block(self, kind, chunk, infos, counts, keys, references):
        flat = list(chain.from_iterable(references))
        parts = [
            struct.pack("<II", len(chunk), len(flat)),
            array("Q", map(id, chunk)).tobytes(),
            array("I", infos).tobytes(),
            array("Q", _sizes(chunk, _classes(chunk).values())).tobytes(),
            array("Q", counts).tobytes(),
            array("I", map(len, references)).tobytes(),
            array("Q", map(id, flat)).tobytes(),
        ]
        if keys is not None:
            held = list(chain.from_iterable(keys))
            parts.append(array("Q", map(id, held)).tobytes())
            flat += held
        self.channel.send(kind, b"".join(parts))
        self.counts[0] += len(chunk)
        self.counts[2] += len(flat)
        self.leaves(flat)

    def leaves(self, flat):
        """Objects that the collector does not track: written when first met, or again when that was forgotten."""
        found = list(filterfalse(gc.is_tracked, flat))
        if not found:
            return
        fresh = dict(zip(map(id, found), found))
        for known in fresh.keys() & self.seen:
            del fresh[known]
        if len(self.seen) > SEEN_LIMIT:
            self.seen.clear()
        self.seen.update(fresh)
        found = list(fresh.values())
        containers = [o for o in found if type(o) is dict or type(o) is tuple]
        if containers:
            self.pending += containers
            found = [o for o in found if type(o) is not dict and type(o) is not tuple]
        if not found:
            return
        classes = list(map(type, found))
        kinds = dict(zip(map(id, classes), classes))
        for tid, cls in kinds.items():
            if tid not in self.types:
                self.type_of(cls)
        self.channel.send(b"L", b"".join([
            struct.pack("<I", len(found)),
            array("Q", map(id, found)).tobytes(),
            array("I", map(self.types.__getitem__, map(id, classes))).tobytes(),
            array("Q", _sizes(found, kinds.values())).tobytes(),
        ]))
        self.counts[1] += len(found)

    def pairs(self, kind, pairs):
        if pairs:
            self.channel.send(kind, array("Q", chain.from_iterable(pairs)).tobytes())

    def namespaces(self, chunk, infos, references):
        """Which dict is an instance's __dict__: from 3.11 on most instances have none, and an attribute may be a dict."""
        roles = self.roles
        pairs = []
        for o, t, r in zip(chunk, infos, references):
            if r and type(r[0]) is dict and roles[t] == LEARN:
                entry = _first_entry(r[0])
                if entry is None or type(entry[0]) is not str:
                    continue
                try:
                    if _raw(o, entry[0]) is entry[1]:
                        pairs.append((id(o), id(r[0])))
                except Exception:
                    pass
        self.pairs(b"N", pairs)

    def learn(self, chunk, infos, references):
        """Which attribute stands at which place among an instance's references, by type and count, from a few samples."""
        layouts = self.layouts
        for key in set(zip(infos, map(len, references))):
            known = layouts.get(key)
            if self.roles[key[0]] != LEARN or not key[1] or (known and known[0] >= 3):
                continue
            at = next(i for i, k in enumerate(zip(infos, map(len, references))) if k == key)
            names = self.match(chunk[at], references[at])
            if known:
                names = [a if a == b else None for a, b in zip(known[1], names)]
            layouts[key] = ((known[0] if known else 0) + 1, names)
            if any(names):
                self.text(b"A", [[key[0], key[1], names]])

    def match(self, obj, references):
        places = {}
        for place, held in enumerate(references):
            places[id(held)] = None if id(held) in places else place
        names = [None] * len(references)
        for name in _candidate_names(type(obj)):
            try:
                place = places.get(id(_raw(obj, name)))
            except Exception:  # C code that stands behind an attribute may raise whatever it likes
                continue
            if place is not None:
                names[place] = name
        return names

    def describe(self, chunk, infos):
        """What tells one function, class or cache from another; names of code only, never data."""
        found = []
        closures = []
        for o, t in zip(chunk, infos):
            if self.roles[t] != DESCRIBE:
                continue
            cls = type(o)
            if cls is FUNCTION:
                module = o.__module__
                found.append([id(o), "%s.%s" % (module, o.__qualname__) if type(module) is str else o.__qualname__])
                if o.__closure__:
                    closures.append([id(o.__closure__), list(o.__code__.co_freevars)])
            elif _inherits(cls, MODULE):
                name = MODULE_DICT(o).get("__name__")
                if type(name) is str:
                    found.append([id(o), name])
            elif _inherits(cls, type):
                found.append([id(o), _class_name(o)])
            else:
                if any(cls is r for r in RUNNING):
                    found.append([id(o), o.__qualname__])
                elif cls is CACHE:
                    wrapped = getattr(o, "__wrapped__", None)
                    where = "%s.%s" % (wrapped.__module__, wrapped.__qualname__) if type(wrapped) is FUNCTION else "?"
                    found.append([id(o), "lru_cache of %s, maxsize=%s" % (where, o.cache_info().maxsize)])
                elif cls is FRAME:
                    found.append([id(o), getattr(o.f_code, "co_qualname", o.f_code.co_name)])
        if found:
            self.text(b"S", found)
        if closures:
            self.text(b"M", closures)

    def emit_sites(self, objects):
        """Where the objects were allocated that came since tracemalloc was switched on. It is off afterwards: left on,
        it would trace what the agent itself allocates, at ten times the cost of all the rest."""
        traceback_of = sys.modules["_tracemalloc"]._get_object_traceback
        known = {}
        traced = []
        sites = []
        for o in objects:
            frames = traceback_of(o)
            if frames is not None:
                traced.append(id(o))
                sites.append(known.setdefault(frames, len(known) + 1))
                if not len(traced) % CHUNK and not self.pace.tick():
                    break
        self.stop_tracing()
        wanted = {}
        for frames in known:
            for file, line in frames:
                wanted.setdefault(file, set()).add(line)
        self.text(b"F", [[index, [[f, n] for f, n in frames]] for frames, index in known.items()])
        self.text(b"C", function_names(wanted))
        self.channel.send(b"P", array("Q", traced).tobytes() + array("I", sites).tobytes())


def may_trace():
    """Up to 3.12.8 and 3.13.1 tracemalloc.stop() frees its tables under threads that allocate without the interpreter's
    lock (CPython issue 128679), and the program crashes: there it is never switched on."""
    return sys.version_info >= (3, 13, 2) or (3, 12, 9) <= sys.version_info < (3, 13)


def stop_tracing(frames_before):
    """Switches tracemalloc off. How many frames it keeps is a setting that outlasts it: put back by starting once more."""
    tracemalloc = sys.modules["tracemalloc"]
    tracemalloc.stop()
    if tracemalloc.get_traceback_limit() != frames_before:
        tracemalloc.start(frames_before)
        tracemalloc.stop()


def function_names(wanted):
    """[[file, line, function]...] for lines by file, from the code objects of the functions there are."""
    spans = {}
    stack = []
    visited = set()
    for o in gc.get_objects():
        if type(o) is FUNCTION:
            stack.append((o.__code__, o.__module__))
    while stack:
        code, module = stack.pop()
        if id(code) in visited or code.co_filename not in wanted:
            continue
        visited.add(id(code))
        lines = [n for n in map(operator.itemgetter(-1), _lines(code)) if n]
        name = getattr(code, "co_qualname", code.co_name)
        if lines:
            spans.setdefault(code.co_filename, []).append(
                (max(lines) - min(lines), min(lines), max(lines), "%s.%s" % (module, name)))
        stack.extend((c, module) for c in code.co_consts if type(c) is type(code))
    found = []
    for file, lines in wanted.items():
        inside = sorted(spans.get(file, ()))
        for line in lines:
            for _, first, last, name in inside:
                if first <= line <= last:
                    found.append([file, line, name])
                    break
    return found


def _lines(code):
    if hasattr(code, "co_lines"):
        return code.co_lines()
    import dis
    return dis.findlinestarts(code)


def each_referents(chunk):
    """What each object refers to, as the collector sees it.

    Before 3.12.6 the C part of asyncio shows the dead entries of its free list as well (python/cpython, issue 122695): whoever
    takes hold of them makes the program crash or run in a circle at its next collection. It is asked for its names only.
    """
    module = sys.modules.get("_asyncio") if (3, 12) <= sys.version_info < (3, 12, 6) else None
    if module is None or not any(map(operator.is_, chunk, repeat(module))):
        return list(map(gc.get_referents, chunk))
    return [[MODULE_DICT(o)] if o is module else gc.get_referents(o) for o in chunk]


def weigh_chunk(chunk, shared):
    """Bytes of some objects with what only they refer to, and entries of the unbounded caches among them."""
    classes = _classes(chunk).values()
    total = sum(_sizes(chunk, classes))
    cached = 0
    for cls in classes:
        if cls is CACHE:
            info = [o.cache_info() for o in chunk if type(o) is cls]
            cached += sum(i.currsize for i in info if i.maxsize is None)
    flat = list(chain.from_iterable(each_referents(chunk)))
    depth = 0
    while flat and depth < 8:
        below = []
        # Piece by piece: what is made on the way would show in the footprint of a program with a large dict.
        for start in range(0, len(flat), PIECE):
            found = list(filterfalse(gc.is_tracked, flat[start:start + PIECE]))
            flat[start:start + PIECE] = repeat(None, min(PIECE, len(flat) - start))
            shares = map(max, map(operator.sub, map(sys.getrefcount, found), repeat(2)), repeat(1))
            total += sum(map(operator.truediv, _sizes(found, _classes(found).values()), shares))
            inner = [o for o in found if (type(o) is dict or type(o) is tuple)
                     and (sys.getrefcount(o) <= 4 or id(o) not in shared)]
            shared.update(id(o) for o in inner if sys.getrefcount(o) > 5)  # one more than above: its place in this list
            del found
            below += gc.get_referents(*inner)
            del inner
        flat = below
        depth += 1
    return total, cached


SMALL = 512
POOL_BITS = 14 if sys.version_info >= (3, 10) else 12
POOL_HEADER = 48


def _block_sizes(chunk):
    """Bytes of the block that each object itself lies in, without what it keeps elsewhere: a list's items, a dict's table."""
    classes = _classes(chunk)
    inline = {number: cls is str or TYPE_ITEMSIZE(cls) > 0 for number, cls in classes.items()}
    sizes = _sizes(chunk, classes.values())
    return [size if inline[id(type(o))] else TYPE_BASICSIZE(type(o)) + 16 * gc.is_tracked(o)
            for o, size in zip(chunk, sizes)]


def measure_pools(pace):
    """How full the pools are that Python keeps small objects in: an arena goes back to the system only when all its pools are
    empty, and a pool is empty only when its last object is gone. By the objects' addresses; their tables are not seen."""
    objects = gc.get_objects()
    marks = {}
    used = {}
    while objects:
        chunk = objects[-CHUNK:]
        del objects[-CHUNK:]
        chunk += filterfalse(gc.is_tracked, chain.from_iterable(each_referents(chunk)))
        for start in range(0, len(chunk), PIECE):
            piece = chunk[start:start + PIECE]
            for o, size in zip(piece, _block_sizes(piece)):
                if 0 < size <= SMALL:
                    pool = id(o) >> POOL_BITS
                    mark = 1 << ((id(o) & (1 << POOL_BITS) - 1) >> 4)
                    if not marks.get(pool, 0) & mark:
                        marks[pool] = marks.get(pool, 0) | mark
                        used[pool] = used.get(pool, 0) + (size + 15 & ~15)
            del piece
            if not pace.tick():
                return None
        del chunk
    room = (1 << POOL_BITS) - POOL_HEADER
    return {"pools": len(used), "bytes": len(used) << POOL_BITS, "used": sum(min(u, room) for u in used.values()),
            "sparse": sum(1 for u in used.values() if u < room / 4)}


def resident_bytes():
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * 4096


class Agent:
    """One conversation. Remembers what it switched on, and switches it off again at the end."""

    def __init__(self, sock):
        self.channel = Channel(sock)
        self.collections = 0
        self.paused = 0.0
        self.started = None
        self.tracing = False
        self.frames_before = 1
        self.weighed = None
        self.weighing = None
        self.weigh_at = 0.0
        self.bytes_per_block = None

    def serve(self):
        gc.callbacks.append(self.on_gc)
        try:
            while True:
                question = self.channel.line(None if self.weighing is None else PAUSE)
                if question is None:
                    self.go_on_weighing()
                else:
                    self.answer(question)
        except Gone:
            pass
        finally:
            self.restore()

    def answer(self, question):
        """Does what a question asks for; what goes wrong is said in a frame of its own, and the next question is waited for."""
        try:
            command, _, argument = question.decode().partition(" ")
            getattr(self, "do_" + command)(json.loads(argument) if argument else {})
        except Gone:
            raise
        except Exception as error:
            self.channel.fail(error)

    def go_on_weighing(self):
        try:
            self.weighing = next(self.weighing, None)
        except Gone:
            raise
        except Exception:
            self.weighing = None
            self.weigh_at = time.monotonic() + WEIGH_AGAIN

    def restore(self):
        if self.on_gc in gc.callbacks:
            gc.callbacks.remove(self.on_gc)
        self.stop_tracing()

    def stop_tracing(self):
        if self.tracing:
            self.tracing = False
            stop_tracing(self.frames_before)

    def on_gc(self, phase, info):
        if phase == "start":
            self.started = time.perf_counter()
        elif self.started is not None:
            self.paused += time.perf_counter() - self.started
            self.started = None

    def do_hello(self, _):
        self.channel.answer({"agent": VERSION, "python": list(sys.version_info[:3]), "gc": gc.isenabled(),
                     "implementation": sys.implementation.name, "tracing": self.is_tracing(),
                     "executable": sys.executable})

    def is_tracing(self):
        module = sys.modules.get("tracemalloc")
        return bool(module and module.is_tracing())

    def do_signals(self, _):
        blocks = sys.getallocatedblocks()
        tasks = None
        asyncio = sys.modules.get("asyncio.tasks")
        for name in ("_scheduled_tasks", "_all_tasks"):
            if asyncio is not None and hasattr(asyncio, name):
                tasks = len(getattr(asyncio, name).data)
                break
        answer = {
            "blocks": blocks, "collections": sum(s["collections"] for s in gc.get_stats()), "paused": self.paused,
            "tasks": tasks, "gc": gc.isenabled(),
            "tracer": sys.modules["tracemalloc"].get_tracemalloc_memory() if self.tracing else 0,
        }
        if self.weighing is None and time.monotonic() >= self.weigh_at:
            self.weighing = self.weigh()
        if self.weighed is not None:
            total, at_blocks, objects, cached = self.weighed
            answer["live"] = max(0, total + (blocks - at_blocks) * self.bytes_per_block)
            answer["objects"] = objects
            answer["cached"] = cached
        self.channel.answer(answer)

    def weigh(self):
        """All objects' sizes: those of the collector's, and what they refer to, each shared among its referrers.
        A generator of itself as long as there is more to do: questions are answered in between."""
        pace = Pace(self.channel, 0)
        # The processor's time and not the clock's: on a busy machine most of that is others'.
        began = time.thread_time()
        blocks = sys.getallocatedblocks()
        objects = gc.get_objects()
        total = 0.0
        cached = 0
        shared = set()
        count = len(objects)
        objects.reverse()  # the youngest first, and none is held on to any longer than it takes
        while objects:
            chunk = objects[-CHUNK:]
            del objects[-CHUNK:]
            size, entries = weigh_chunk(chunk, shared)
            total += size
            cached += entries
            del chunk
            if pace.is_over():
                yield self.weighing
                pace.slice = time.monotonic()
        cost = time.thread_time() - began
        # What was weighed is the heap of some moment in between.
        blocks = (blocks + sys.getallocatedblocks()) / 2
        mean = min(total / max(blocks, 1), 512.0)
        if self.weighed is None:
            self.bytes_per_block = mean
        elif abs(blocks - self.weighed[1]) > 1000:
            # Two weighings of a busy program tell little of what lies between them: no leaps.
            between = (total - self.weighed[0]) / (blocks - self.weighed[1])
            self.bytes_per_block = (self.bytes_per_block + min(max(between, mean / 4), mean * 8)) / 2
        self.weighed = (total, blocks, count, cached)
        self.weigh_at = time.monotonic() + min(20 * cost, 300.0)

    def do_collect(self, options):
        """A full collection, so that the live heap can be weighed without what waits for one. Nothing, unless it is asked for
        by the user, where the program has switched the collector off: what lies there then may be the very fault."""
        if not (gc.isenabled() or options.get("always")):
            self.channel.answer({"seconds": None})
            return
        start = time.perf_counter()
        gc.collect()
        self.weigh_at = 0.0
        self.channel.answer({"seconds": time.perf_counter() - start})

    def do_pools(self, options):
        """Null where Python's own allocator is not in use, or there was no time to look at everything."""
        own = sys.getallocatedblocks() > 0
        self.channel.answer(measure_pools(Pace(self.channel, options.get("seconds", 15))) if own else None)

    def do_graph(self, options):
        options["sites"] = self.tracing
        options["stop_tracing"] = self.stop_tracing
        graph = Graph(self.channel, options)
        self.weighing = None
        started = time.monotonic()
        try:
            if gc.isenabled():
                graph.pace.atomic(gc.collect)
            resident = resident_bytes()
            graph.run()
        finally:
            self.stop_tracing()
        self.channel.answer({"pause": graph.pace.longest, "seconds": time.monotonic() - started, "sites": graph.sites,
                             "grown": resident_bytes() - resident})

    def do_trace(self, options):
        """Switches tracemalloc on; it was on already where the program did that itself, and then stays."""
        import tracemalloc
        already = tracemalloc.is_tracing()
        if not already and may_trace():
            self.frames_before = tracemalloc.get_traceback_limit()
            tracemalloc.start(options.get("frames", 8))
            self.tracing = True
        self.channel.answer({"already": already, "frames": tracemalloc.get_traceback_limit()})

    def do_untrace(self, _):
        self.stop_tracing()
        self.channel.answer({})

    def do_tracemalloc(self, options):
        """A snapshot as tracemalloc.Snapshot.dump writes it."""
        import pickle
        import tracemalloc
        start = time.perf_counter()
        snapshot = tracemalloc.take_snapshot()
        pause = time.perf_counter() - start
        channel = self.channel

        class Out:
            def write(self, data):
                channel.send(b"B", bytes(data))

        pickle.Pickler(Out(), 4).dump(snapshot)
        self.channel.answer({"pause": pause, "traces": len(snapshot.traces), "held": tracemalloc.get_tracemalloc_memory()})


def _serve(sock):
    signal = sys.modules.get("_signal")
    if signal is not None:
        # The program's signals go to the program's threads.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        Agent(sock).serve()
    except BaseException as error:
        try:
            Channel(sock).fail(error)
        except BaseException:
            pass
    finally:
        sock.close()


def _connect(path):
    """Calls Tidemark back at a Unix socket, and serves it in a thread of its own; when that ends, so does this module."""
    space = globals()
    try:
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        sock.connect(path)
        _pristine("_thread", "start_new_thread")(_serve_and_end, (sock, space))
    except BaseException:
        space.clear()


def _serve_and_end(sock, space):
    try:
        _serve(sock)
    finally:
        space.clear()


def listen(directory=None):
    """Waits for Tidemark on a socket that only this user can reach; returns its path. Costs one sleeping thread."""
    import os
    import stat
    import tempfile
    folder = directory or os.path.join(tempfile.gettempdir(), "tidemark-%d" % os.getuid())
    os.makedirs(folder, 0o700, exist_ok=True)
    state = os.lstat(folder)
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise PermissionError("%s is not a private directory of this user" % folder)
    path = os.path.join(folder, "python-%d.sock" % os.getpid())
    if os.path.exists(path):
        os.unlink(path)
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    server.bind(path)
    os.chmod(path, 0o600)
    server.listen(1)
    _pristine("_thread", "start_new_thread")(_accept, (server, os.getpid()))
    import atexit
    atexit.register(_remove, path, os.getpid())
    return path


def _accept(server, pid):
    while True:
        descriptor, _ = server._accept()
        _serve(_socket.socket(fileno=descriptor))


def _remove(path, pid):
    import os
    if os.getpid() == pid and os.path.exists(path):
        os.unlink(path)
