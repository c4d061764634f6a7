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
                Name(@"^(static )?System\.(RuntimeType|Reflection\.|Reflection\.Emit\.)"),
                Name(@"^(static )?System\.Gen2GcCallback"),
            ],
            BenignCaches =
            [
                Name(@"System\.Buffers\.(SharedArrayPool|ArrayPool|ConfigurableArrayPool)"),
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
