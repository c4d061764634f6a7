using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.DotNet;

/// <summary>What is known of .NET's collections and its usual faults. Names are as <see cref="Formats.Clr.ClrTypeName"/> writes them.</summary>
public static class DotNetKnowledge
{
    public static RuntimeKnowledge Value { get; } =
        new()
        {
            Collections =
            [
                // What is nested in a collection is a part of it: Dictionary<..>+Entry[], ConcurrentDictionary<..>+Node.
                Shape(@"^System\.Collections\.(\w+\.)*\w+(<.*>)?\+\w+(<.*>)?(\[\])?$", CollectionRole.Inner),
                Shape(
                    @"^System\.Collections\.(Generic\.LinkedListNode|Concurrent\.ConcurrentQueueSegment|Immutable\.SortedInt32KeyNode)<",
                    CollectionRole.Inner
                ),
                Shape(
                    @"^System\.Collections\.(\w+\.)*(\w*Dictionary|SortedList|Hashtable|\w*HybridDictionary|NameValueCollection)(<.*>)?$",
                    CollectionRole.Map
                ),
                Shape(@"^System\.Runtime\.CompilerServices\.ConditionalWeakTable<.*>$", CollectionRole.Map),
                Shape(
                    @"^System\.Runtime\.CompilerServices\.ConditionalWeakTable<.*>\+\w+(\[\])?$",
                    CollectionRole.Inner
                ),
                Shape(@"^Microsoft\.Extensions\.Caching\.Memory\.MemoryCache$", CollectionRole.Map),
                Shape(
                    @"^Microsoft\.Extensions\.Caching\.Memory\.(MemoryCache\+CoherentState|CacheEntry)",
                    CollectionRole.Inner
                ),
                // What the compiler makes of a collection expression for IReadOnlyList<T> and its like.
                Shape(@"^<>z__ReadOnly\w+<.*>$", CollectionRole.List),
                Shape(
                    @"^System\.Collections\.(\w+\.)*\w*(Queue|Stack|BlockingCollection)(<.*>)?$",
                    CollectionRole.Queue
                ),
                Shape(@"^System\.Threading\.Channels\.\w*Channel<.*>$", CollectionRole.Queue),
                Shape(@"^System\.Threading\.Channels\.\w*Channel<.*>\+", CollectionRole.Inner),
                Shape(@"^System\.Collections\.(\w+\.)*\w*Set(<.*>)?$", CollectionRole.Set),
                Shape(
                    @"^System\.Collections\.(\w+\.)*(\w*List|ConcurrentBag|\w*Collection|ImmutableArray|BitArray)(<.*>)?$",
                    CollectionRole.List
                ),
            ],
            Noise =
            [
                // The runtime's own bookkeeping, some of which our own event session makes it do.
                Name(@"^(static )?System\.Diagnostics\.Tracing\."),
                Name(
                    @"^(static )?System\.(RuntimeType|Runtime\.CompilerServices\.CastHelpers|Reflection\.|Reflection\.Emit\.)"
                ),
                Name(@"^(static )?System\.Gen2GcCallback"),
                // Buffers that were given back: bounded by the threads and the sizes in use.
                Name(@"^((thread )?static )?System\.Buffers\.(SharedArrayPool|ArrayPool)"),
            ],
            Fragmentation =
            [
                new(
                    "DOTNET_GCConserveMemory=5 (0 to 9; or System.GC.ConserveMemory in runtimeconfig.json)",
                    "old generations and large objects are compacted when they have that share of holes: more and longer whole collections"
                ),
                new(
                    "GCSettings.LargeObjectHeapCompactionMode = CompactOnce, then GC.Collect()",
                    "one pause as long as moving all large objects takes, and the holes come back"
                ),
                new(
                    "ArrayPool<T> or buffers of few sizes for what is larger than 85,000 bytes",
                    "some memory lies idle in the pool; helps against holes among large objects, not against pinned ones"
                ),
                new(
                    "GC.AllocateArray<byte>(n, pinned: true) once, for buffers that native code holds for long",
                    "they are never moved and live among the pinned objects; helps where pinned buffers keep regions from being given back"
                ),
                new(
                    "workstation collection (System.GC.Server=false) or DOTNET_GCHeapCount, in a small container",
                    "fewer heaps keep less room free, and collect more often and longer"
                ),
            ],
            BenignCaches =
            [
                Name(@"System\.Buffers\.ConfigurableArrayPool"),
                Name(@"System\.Text\.RegularExpressions\.RegexCache"),
                Name(@"System\.Text\.Json\.JsonSerializerOptions\+CachingContext"),
                Name(@"Microsoft\.Extensions\.DependencyInjection\.ServiceLookup\."),
            ],
            Library =
            [
                Name(@"^(System|Microsoft|Interop|Internal|MS|WindowsBase|FxResources)(\.|$|\+)"),
                Name(
                    @"^(Newtonsoft|Serilog|NLog|log4net|Npgsql|MySql|MySqlConnector|Oracle|MongoDB|StackExchange|Dapper|NHibernate|Polly|AutoMapper|MediatR|FluentValidation|Grpc|Google|OpenTelemetry|RabbitMQ|MassTransit|Confluent|Quartz|Hangfire|Castle|Autofac|Humanizer|Azure|Amazon|Swashbuckle|IdentityModel|ProtoBuf|MessagePack|SixLabors|SkiaSharp|Prometheus)\."
                ),
            ],
            Culprits = DotNetCulprits.All,
        };

    private static CollectionShape Shape(string type, CollectionRole role) => new(Name(type), role);

    internal static Regex Name(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
