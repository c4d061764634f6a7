using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Jvm;

/// <summary>What is known of Java's collections and of its usual faults.</summary>
public static class JvmKnowledge
{
    /// <summary>Packages of the runtime and of libraries that many services have.</summary>
    private const string Libraries =
        "("
        + @"java|javax|jdk|sun|jakarta|kotlin|kotlinx|scala|groovy|clojure|reactor|akka|rx|okhttp3|okio|retrofit2|freemarker|antlr|zipkin2"
        + @"|org\.(springframework|apache|eclipse|hibernate|jboss|slf4j|jetbrains|w3c|xml|postgresql|mariadb|h2|hsqldb|reactivestreams"
        + @"|quartz|infinispan|agrona|jctools|codehaus|jruby|jgroups|javassist|objectweb|bouncycastle|glassfish|mozilla|osgi|dom4j|joda"
        + @"|aspectj|elasticsearch|opensearch|thymeleaf|flywaydb|jooq|redisson|ehcache|LatencyUtils|HdrHistogram)"
        + @"|com\.(sun|google\.(common|gson|protobuf|inject)|fasterxml|zaxxer|mysql|mchange|github\.benmanes|rabbitmq|mongodb|netflix|hazelcast"
        + @"|lmax|squareup|amazonaws|datastax|typesafe|thoughtworks\.xstream|esotericsoftware|codahale)"
        + @"|io\.(netty|grpc|micrometer|vertx|undertow|quarkus|micronaut|smallrye|reactivex|r2dbc|projectreactor|lettuce|prometheus"
        + @"|opentelemetry|opencensus|dropwizard|ktor|helidon|fabric8|swagger|jsonwebtoken)"
        + @"|ch\.qos\.logback|redis\.clients|net\.(bytebuddy|sf\.ehcache|sf\.cglib)|software\.amazon"
        + ")";

    public static RuntimeKnowledge Value { get; } =
        new()
        {
            EntriesReferToContent = true,
            Collections =
            [
                // Those that lead to entries and are none.
                new(
                    Pattern(
                        @"^java\.util\.(concurrent\.)?\w+\$(\w*Index|Segment|TreeBin|ReservationNode|ForwardingNode)$|^com\.google\.common\.cache\.LocalCache\$(Segment|\w*ValueReference)$"
                    ),
                    CollectionRole.Inner
                )
                {
                    Entries = 0,
                },
                // Parts first: their names begin with that of the collection they belong to.
                new(
                    Pattern(
                        @"^java\.util\.(concurrent\.)?\w+\$(\w*Node|\w*Entry|\w*Index|Segment|TreeBin|HashIterator|KeySet\w*|Values|EntrySet\w*|SetFromMap|ScheduledFutureTask)(\[\])?$"
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
                // The same of any library's collection.
                new(
                    Pattern(
                        @"(Map|Hash|Cache|List|Vector|Set|Queue|Deque|Table|Store|Dictionary)\w*\$\w*(Segment|Entry|Node|Bucket)(\[\])?$|^scala\.collection\.(concurrent\.\w*Node|mutable\.\w*Entry)(\[\])?$"
                    ),
                    CollectionRole.Inner
                ),
                new(
                    Pattern(
                        @"^java\.lang\.Object\[\]$|^java\.util\.concurrent\.atomic\.Atomic(Reference(Array)?|\w*MarkableReference)$"
                    ),
                    CollectionRole.Inner
                ),
                // Keys and values take turns in its array.
                new(Pattern(@"^java\.util\.IdentityHashMap$"), CollectionRole.Map) { Entries = 0.5 },
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
                new(
                    Pattern($@"^{Libraries}\.([\w.$]*\.)?([\w$]*[a-z$])?(Map|Multimap|Dictionary)$"),
                    CollectionRole.Map
                ),
                new(Pattern($@"^{Libraries}\.([\w.$]*\.)?([\w$]*[a-z$])?(Queue|Deque)$"), CollectionRole.Queue),
                new(Pattern($@"^{Libraries}\.([\w.$]*\.)?([\w$]*[a-z$])?(List|Vector)$"), CollectionRole.List),
                new(
                    Pattern(
                        $@"^{Libraries}\.([\w.$]*\.)?([\w$]*[a-z$])?(Hash|Tree|Array|Linked|Identity|Int|Long)Set$"
                    ),
                    CollectionRole.Set
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
            Baseline =
            [
                // The class path's jar files, and the texts that stand in classes.
                Pattern(
                    @"^static java\.util\.zip\.ZipFile\$Source\.|^jdk\.internal\.loader\.URLClassPath|^sun\.misc\.URLClassPath"
                ),
                Pattern(@"\.<(resolved_references|constant pool)>$|^static (jdk\.internal\.loader|sun|jdk)\."),
                Pattern(@"^static java\.lang\.System\.bootLayer$|^constants of classes$"),
            ],
            // All that is registered with JMX hangs from its server as well.
            Detours = [Pattern(@"^(com\.sun\.jmx\.mbeanserver|javax\.management)\.")],
            WeakKeys = [new(Pattern(@"^java\.lang\.ThreadLocal\$ThreadLocalMap\$Entry$"), "ThreadLocal")],
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
                    "threads",
                    Pattern(@"^<threads>$"),
                    "Threads are started and do not end: see what they wait for (a queue that nobody fills any more, a call without a time limit), shut down executors that are made again and again, and stop what each of them serves."
                ),
                new(
                    "duplicate-strings",
                    Pattern(@"^<equal texts>$"),
                    "The same few texts are kept again and again, each as an object of its own: share one of each (an enum, a map of the known values, String.intern() for a small closed set; -XX:+UseStringDeduplication with G1 saves the bytes but not the objects), and look whether the collection must keep them at all."
                ),
                new(
                    "unfinished-future",
                    Pattern(
                        @"java\.util\.concurrent\.CompletableFuture\.stack$|^scala\.concurrent\.impl\.Promise\$DefaultPromise\.\w+$|CompletableFuture\$\w*Completion$"
                    ),
                    "What is to be done when a future completes piles up on one that never does: complete it, exceptionally if need be, give it a time limit (orTimeout), or begin with a future of its own each time.",
                    Within: 8
                ),
                new(
                    "mbean",
                    Pattern(@"com\.sun\.jmx\.mbeanserver\.(Repository|NamedObject)"),
                    "MBeans are registered and never unregistered: call MBeanServer.unregisterMBean when their owner is done.",
                    Within: 8
                ),
                new(
                    "listener",
                    // A field, or a type that is held as one: what a listener holds itself is none.
                    Pattern(
                        @"([Ll]isteners?|[Oo]bservers?|[Ss]ubscri(ber|ption)s?|[Cc]allbacks?|[Hh]ooks?)((By|For|Of)[A-Z]\w*|Map|List|Set|Array)?(\[\])?$"
                    ),
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
            Library = [Pattern($@"^{Libraries}\.")],
        };

    private static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
