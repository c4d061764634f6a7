using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Jvm;

/// <summary>What is known of Java's collections and of its usual faults.</summary>
public static class JvmKnowledge
{
    public static RuntimeKnowledge Value { get; } =
        new()
        {
            Collections =
            [
                // Parts first: their names begin with that of the collection they belong to.
                new(
                    Pattern(
                        @"^java\.util\.(concurrent\.)?\w+\$(\w*Node|\w*Entry|\w*Index|Segment|HashIterator|KeySet\w*|Values|EntrySet\w*|SetFromMap|ScheduledFutureTask)(\[\])?$"
                    ),
                    CollectionRole.Inner
                ),
                new(
                    Pattern(
                        @"^java\.util\.(Collections\$(Synchronized|Unmodifiable|Checked)\w+|Arrays\$ArrayList|ImmutableCollections\$\w+)$"
                    ),
                    CollectionRole.Inner
                ),
                new(
                    Pattern(
                        @"^(com\.google\.common\.cache\.LocalCache\$|com\.github\.benmanes\.caffeine\.cache\.(Node|[A-Z]{2,}\w*$))"
                    ),
                    CollectionRole.Inner
                ),
                new(Pattern(@"^java\.lang\.Object\[\]$"), CollectionRole.Inner),
                new(
                    Pattern(
                        @"^(java\.util\.(concurrent\.)?\w*(Map|Hashtable|Properties)|com\.google\.common\.(collect\.\w*(Map|Multimap|Table)|cache\.LocalCache(\$Local\w*Cache)?)|com\.github\.benmanes\.caffeine\.cache\.\w*Cache\w*|org\.(eclipse|agrona|cliffc|jctools|infinispan)\.[\w.$]*Map|it\.unimi\.dsi\.fastutil\.[\w.$]*Map|gnu\.trove\.[\w.$]*Map|scala\.collection\.[\w.$]*Map\w*)$"
                    ),
                    CollectionRole.Map
                ),
                new(
                    Pattern(
                        @"^(java\.util\.(concurrent\.)?\w*Set|com\.google\.common\.collect\.\w*(Set|Multiset)|it\.unimi\.dsi\.fastutil\.[\w.$]*Set|scala\.collection\.[\w.$]*Set\w*)$"
                    ),
                    CollectionRole.Set
                ),
                new(
                    Pattern(
                        @"^(java\.util\.(concurrent\.)?\w*(Queue|Deque)|java\.util\.concurrent\.\w+\$DelayedWorkQueue|java\.util\.TaskQueue|org\.jctools\.queues\.\w+)$"
                    ),
                    CollectionRole.Queue
                ),
                new(
                    Pattern(
                        @"^(java\.util\.(concurrent\.)?\w*(List|Vector|Stack)|com\.google\.common\.collect\.\w*List|scala\.collection\.[\w.$]*(List|Buffer|Vector)\w*)$"
                    ),
                    CollectionRole.List
                ),
                new(Pattern(@"^java\.lang\.ThreadLocal\$ThreadLocalMap$"), CollectionRole.Map),
                new(Pattern(@"^java\.lang\.ThreadLocal\$ThreadLocalMap\$Entry(\[\])?$"), CollectionRole.Inner),
            ],
            Noise =
            [
                Pattern(
                    @"^(static )?(jdk\.internal\.|sun\.(reflect|launcher|nio\.fs|util\.(locale|calendar))\.|java\.lang\.(invoke|module|constant)\.|jdk\.jfr\.)"
                ),
                Pattern(@"^static java\.lang\.(Class|ClassLoader|Module|ModuleLayer)\."),
                // The list that all objects with a finalizer are on, from their first day; who waits for it stands in the queue.
                Pattern(@"^(static |class )java\.lang\.ref\.Finalizer(\.|$)"),
                // What HotSpot keeps of the constants of classes.
                Pattern(@"^constants of classes$"),
            ],
            Fragmentation =
            [
                new(
                    "-XX:G1PeriodicGCInterval=300000 (G1, JDK 12; jcmd PID VM.set_flag sets it while the service runs)",
                    "a concurrent cycle every five minutes in which the service was idle; helps against heap that a peak has left behind, not against heap that the load needs"
                ),
                new(
                    "-XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 (G1, Serial, Parallel)",
                    "the heap is made smaller after each whole collection and larger again soon: more collections, and page faults when it grows"
                ),
                new(
                    "-Xmx or -XX:MaxRAMPercentage nearer to the live heap, about twice as much",
                    "more frequent collections, and an OutOfMemoryError where a peak does not fit"
                ),
                new(
                    "ZGC with -XX:SoftMaxHeapSize, or Shenandoah with -XX:ShenandoahUncommitDelay: both give unused heap back by themselves",
                    "more CPU time for barriers and concurrent work, and no compressed references with ZGC"
                ),
                new(
                    "MALLOC_ARENA_MAX=2, and jcmd PID System.trim_native_heap (JDK 17.0.9), for what glibc keeps outside of the heap",
                    "threads wait for one another where many allocate natively at once"
                ),
            ],
            BenignCaches =
            [
                Pattern(@"^static (java|javax|sun|com\.sun|jdk)\."),
                Pattern(
                    @"HikariPool|ConcurrentBag|GenericObjectPool|PoolArena|PoolChunk|Recycler|org\.apache\.tomcat\.util\.collections\.SynchronizedStack"
                ),
            ],
            Culprits =
            [
                new(
                    "thread-local",
                    Pattern(@"java\.lang\.ThreadLocal\$ThreadLocalMap|\.threadLocals$|inheritableThreadLocals"),
                    "A value in a ThreadLocal lives as long as its thread, and threads of a pool never end: call remove() in a finally block when the piece of work is done."
                ),
                new(
                    "class-loader",
                    Pattern(
                        @"^<copies of a class>$|<classloader>|\bclass ?loader\b|(URL|Plugin|Webapp|Parallel\w*|Bundle|Module)\w*ClassLoader|\w+ClassLoader$"
                    ),
                    "Something outside of the old class loader still refers to one of its classes or objects (a registered driver, hook, listener, thread or ThreadLocal value), and so to all classes it ever loaded: unregister it when the module is unloaded.",
                    Within: 6
                ),
                new(
                    "finalizer-queue",
                    Pattern(@"java\.lang\.ref\.Finalizer|^finalizer queue"),
                    "Objects wait for their finalize() method: a slow or blocked finalizer holds all that come after it. Close resources explicitly, or use a Cleaner that does not block; see what the thread Finalizer waits for."
                )
                {
                    Thread = "Finalizer",
                },
                new(
                    "scheduled-task",
                    Pattern(
                        @"ScheduledThreadPoolExecutor|DelayedWorkQueue|java\.util\.(TimerThread|TaskQueue)|ScheduledFutureTask|HashedWheelTimer"
                    ),
                    "Tasks stay in the queue until their time has come, cancelled ones as well: cancel what is done with, call setRemoveOnCancelPolicy(true), and do not let a task hold what it guards.",
                    Within: 6
                ),
                new(
                    "executor-queue",
                    Pattern(@"ThreadPoolExecutor\.workQueue|ForkJoinPool\$WorkQueue|\bworkQueue$"),
                    "Work is handed in faster than the threads of the pool do it, and the queue has no bound: bound it, and decide what happens when it is full.",
                    Within: 7
                ),
                new(
                    "direct-buffer",
                    Pattern(@"java\.nio\.Direct\w*Buffer|DirectByteBuffer|MappedByteBuffer"),
                    "The memory of a direct buffer lies outside of the heap and is given back only when its buffer object is collected: release or reuse the buffers, and cap them with -XX:MaxDirectMemorySize.",
                    Within: 4
                ),
                new(
                    "unclosed-resource",
                    Pattern(
                        @"java\.util\.zip\.(Deflater|Inflater|ZipFile|\w*(Input|Output)Stream)|java\.io\.((File|Buffered|Data|Object)(Input|Output)Stream|RandomAccessFile)|java\.net\.\w*Socket|java\.sql\.|\w+(Connection|ResultSet|PreparedStatement)$"
                    ),
                    "It holds memory or handles outside of the heap until it is closed: use try-with-resources, or end()/close() it in a finally block.",
                    Within: 4
                ),
                new(
                    "duplicate-strings",
                    Pattern(@"^<equal texts>$"),
                    "The same few texts are kept again and again, each as an object of its own: share one of each (an enum, a map of the known values, String.intern() for a small closed set; -XX:+UseStringDeduplication with G1 saves the bytes but not the objects), and look whether the collection must keep them at all."
                ),
                new(
                    "listener",
                    Pattern(@"[Ll]isteners?\b|[Oo]bservers?\b|[Ss]ubscri(ber|ption)s?\b|[Cc]allbacks?\b|[Hh]ooks?\b"),
                    "Listeners are added and never removed: remove each one when its owner is done, or let the list hold them weakly.",
                    Within: 8
                ),
                new(
                    "guava-or-caffeine-cache",
                    Pattern(
                        @"com\.google\.common\.cache\.|com\.github\.benmanes\.caffeine\.cache\.(Unbounded|BoundedLocal)"
                    ),
                    "Without maximumSize or expireAfterWrite such a cache keeps one entry for every key it ever saw: give it one of them, and watch its eviction count.",
                    IsCache: true,
                    Within: 12
                ),
                new(
                    "interned-strings",
                    Pattern(@"^interned string"),
                    "Strings are interned that never come again: keep String.intern() to a small, closed set of values."
                ),
            ],
            Library =
            [
                Pattern(
                    @"^(java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|groovy|clojure)\.|^(org\.(springframework|apache|eclipse|hibernate|jboss|slf4j|jetbrains|w3c|xml|postgresql|h2|reactivestreams|quartz|infinispan|agrona|jctools)|com\.(google\.(common|gson|protobuf|inject)|fasterxml|zaxxer|mysql|github\.benmanes|rabbitmq|mongodb|netflix)|io\.(netty|grpc|micrometer|vertx|undertow|quarkus|micronaut|reactivex|projectreactor|lettuce|prometheus|opentelemetry)|ch\.qos\.logback|reactor|akka|okhttp3|okio|redis\.clients|net\.(bytebuddy|sf\.ehcache)|org\.ehcache)\."
                ),
            ],
        };

    private static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
