using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Python;

/// <summary>What is known of Python's collections and of its usual faults.</summary>
internal static class PythonKnowledge
{
    public static RuntimeKnowledge Instance { get; } =
        new()
        {
            Collections =
            [
                new(
                    Pattern(
                        @"^(dict|collections\.(OrderedDict|defaultdict|Counter|ChainMap)|weakref\.Weak(Key|Value)Dictionary|mappingproxy)$"
                    ),
                    CollectionRole.Map
                ),
                new(Pattern(@"^(list|tuple|array\.array|bytearray)$"), CollectionRole.List),
                new(Pattern(@"^(set|frozenset|weakref\.WeakSet|_weakrefset\.WeakSet)$"), CollectionRole.Set),
                new(
                    Pattern(@"^(collections\.deque|queue\.(Simple|Lifo|Priority)?Queue|asyncio\.queues\.Queue)$"),
                    CollectionRole.Queue
                ),
            ],
            Noise =
            [
                Pattern(
                    @"^module (sys\.modules|linecache\.cache|re\._cache|sre_compile\.|_frozen_importlib|importlib\.|tracemalloc|tidemark_agent)|^(static |class )?tidemark_agent\."
                ),
            ],
            Fragmentation =
            [
                new(
                    "PYTHONMALLOC=malloc with LD_PRELOAD=libjemalloc.so.2: no arenas of Python's own that one object keeps",
                    "small objects are allocated a little more slowly"
                ),
                new(
                    "MALLOC_ARENA_MAX=2 in its environment, for what extensions and large objects allocate in threads",
                    "threads wait for each other in malloc"
                ),
                new(
                    "ctypes.CDLL(None).malloc_trim(0) after a peak",
                    "it walks the C heap under its locks, and page faults follow"
                ),
                new(
                    "work with a peak of its own in a process of its own, or workers that are replaced after so many requests (max_requests)",
                    "a start of the process for each"
                ),
            ],
            BenignCaches =
            [
                Pattern(
                    @"lru_cache of .*maxsize=\d+|^module (re|linecache|struct|fnmatch|functools|enum|abc|typing)\."
                ),
            ],
            Culprits =
            [
                new(
                    "lru-cache",
                    Pattern(@"^functools\.lru_cache\(maxsize=None\)"),
                    "functools.cache and lru_cache(maxsize=None) keep every result for as long as the function lives: give it a maxsize, or clear it; on a method the cache also keeps every self.",
                    IsCache: true
                ),
                new(
                    "filling-cache",
                    Pattern(@"^functools\.lru_cache\(maxsize=(?<bound>\d+)\)"),
                    "lru_cache grows until it holds maxsize results and then stands still: where that is too much, give it a smaller maxsize."
                ),
                new(
                    "uncollected-cycles",
                    Pattern(@"^uncollected cycles"),
                    "Objects that refer to each other in a circle wait for the cyclic collector: switch it on again (gc.enable()), or break the circle (weakref for the way back)."
                ),
                new(
                    "logging-handler",
                    Pattern(@"^logging(\.handlers)?\.\w*(Handler|Filter)$|^module logging\.(root|Logger)|\.handlers$"),
                    "A handler or filter is added again and again: add it once at start-up, or remove and close it with the object that it was made for."
                ),
                new(
                    "exception-traceback",
                    Pattern(@"^traceback$|__traceback__"),
                    "A kept exception keeps its traceback, and that every frame with its local variables: keep str(e), or e.with_traceback(None)."
                ),
                new(
                    "closure",
                    Pattern(@"__closure__|^cell$"),
                    "A function that is still registered somewhere keeps the variables that it closes over: unregister it, or hand it what it needs instead."
                ),
                new(
                    "asyncio-task",
                    Pattern(@"^(_asyncio|asyncio\.tasks)\.(Task|Future)$"),
                    "Tasks that never end keep their whole stack: await, cancel or time them out, and look for what they wait for."
                ),
                new(
                    "thread-local",
                    Pattern(@"^(_thread\._local|threading\.local)"),
                    "Values in a threading.local live as long as their thread: clear them when the piece of work ends."
                ),
            ],
            Library =
            [
                Pattern(@"/lib/python3\.\d+/(?!site-packages|dist-packages)|^<frozen "),
                Pattern(@"/(site|dist)-packages/"),
            ],
        };

    private static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
