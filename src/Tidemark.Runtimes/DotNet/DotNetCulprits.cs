using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.DotNet;

/// <summary>The usual faults of .NET services.</summary>
internal static class DotNetCulprits
{
    public static IReadOnlyList<KnownCulprit> All { get; } =
    [
        Of(
            "timer",
            @"^System\.(Threading\.(TimerQueueTimer|PeriodicTimer)|Timers\.Timer)$",
            "Timers that are never disposed of keep their callbacks and all that these refer to: dispose of each timer when its owner is done, or share one timer."
        ),
        Of(
            "cancellation-registration",
            @"^System\.Threading\.CancellationTokenSource\+(CallbackNode|Registrations|CallbackPartition)",
            "Callbacks registered with a token that lives as long as the process (ApplicationStopping, a service's own token) stay until it is cancelled: dispose of each CancellationTokenRegistration, and of each linked CancellationTokenSource."
        ),
        Of(
            "memory-cache",
            @"^Microsoft\.Extensions\.Caching\.Memory\.",
            "The memory cache has no size limit, or entries without an expiry: set MemoryCacheOptions.SizeLimit and a size and an expiry for each entry.",
            isCache: true
        ),
        Of(
            "change-tracker",
            @"^Microsoft\.EntityFrameworkCore\.ChangeTracking\.",
            "A DbContext that lives long tracks every entity that it ever loaded: make it scoped, or read with AsNoTracking."
        ),
        Of(
            "root-scope-disposables",
            @"ServiceProviderEngineScope\.?_?(disposables|$)",
            "Transient services that are IDisposable are kept by the scope that made them until it ends: resolve them in a scope of their own, not from the root provider."
        ),
        Of(
            "event-handlers",
            @"^System\.(EventHandler|Action|Func|MulticastDelegate|Delegate)\b",
            "Subscribers stay on the event's list until they are taken off (-=): unsubscribe when the subscriber is done, or let the event hold them weakly."
        ),
        Of(
            "thread-static",
            @"^thread static ",
            "Every thread keeps its own: clear it when the work is done, because pooled threads live on."
        ),
        Of(
            "thread-local",
            @"^System\.Threading\.ThreadLocal<",
            "Every thread keeps its own value until the ThreadLocal is disposed of: dispose of it, and do not make one for each request."
        ),
        Of(
            "interned-strings",
            @"^interned string",
            "String.Intern keeps a string until the process ends: use a bounded pool for text that comes from outside."
        ),
        Of(
            "finalizer-queue",
            @"^finalizer queue$",
            "Objects wait for their finalizers: dispose of them, and look for a finalizer that blocks the finalizer thread."
        ),
        Of(
            "pinned-handle",
            @"^(pinned|strong|reference-counted) handle$",
            "A GCHandle was not freed: free it when the native side is done with the object."
        ),
        Of(
            "conditional-weak-table",
            @"\(attached by ConditionalWeakTable\)",
            "What a ConditionalWeakTable attaches lives as long as its key, and a value that refers to its key keeps both alive."
        ),
        Of(
            "unbounded-channel",
            @"^System\.Threading\.Channels\.Unbounded",
            "The channel is filled faster than it is read: give it a bound (Channel.CreateBounded), or more readers."
        ),
    ];

    private static KnownCulprit Of(string pattern, string match, string advice, bool isCache = false) =>
        new(pattern, DotNetKnowledge.Name(match), advice, isCache);
}
