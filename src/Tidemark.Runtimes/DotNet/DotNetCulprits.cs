using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.DotNet;

/// <summary>The usual faults of .NET services.</summary>
internal static class DotNetCulprits
{
    // A pile in a collection of the subscriber's, the timer's or the service's own is not the fault of what holds its owner: a
    // match must stand near the pile.
    public static IReadOnlyList<KnownCulprit> All { get; } =
    [
        Of(
            "http-client",
            @"^System\.Net\.Http\.(HttpClient|SocketsHttpHandler|HttpConnection)",
            "An HttpClient (or its handler) was made for each call: its connections and pools stay. Share one, or take it from IHttpClientFactory.",
            within: 6
        ),
        Of(
            "timer",
            @"^System\.(Threading\.(TimerQueueTimer|PeriodicTimer)|Timers\.Timer)\b",
            "Timers that are never disposed of keep their callbacks and all that these refer to: dispose of each timer when its owner is done, or share one timer.",
            within: 6
        ),
        Of(
            "cancellation-registration",
            @"^System\.Threading\.CancellationTokenSource\+(CallbackNode|Registrations|CallbackPartition)",
            "Callbacks registered with a token that lives as long as the process (ApplicationStopping, a service's own token) stay until it is cancelled: dispose of each CancellationTokenRegistration, and of each linked CancellationTokenSource.",
            within: 6
        ),
        Of(
            "memory-cache",
            @"^Microsoft\.Extensions\.Caching\.Memory\.",
            "The memory cache has no size limit, or entries without an expiry: set MemoryCacheOptions.SizeLimit and a size and an expiry for each entry.",
            isCache: true,
            within: 6
        ),
        Of(
            "change-tracker",
            @"^Microsoft\.EntityFrameworkCore\.ChangeTracking\.",
            "A DbContext that lives long tracks every entity that it ever loaded: make it scoped, or read with AsNoTracking.",
            within: 8
        ),
        Of(
            "root-scope-disposables",
            @"ServiceProviderEngineScope\._?disposables$",
            "Transient services that are IDisposable are kept by the scope that made them until it ends: resolve them in a scope of their own (IServiceScopeFactory), not from the root provider.",
            within: 7
        ),
        Of(
            "task-continuations",
            @"^System\.Threading\.Tasks\.(Task\+\w*WhenAny\w*|TaskFactory\+CompleteOnInvokePromise)",
            "Task.WhenAny with a task that never ends leaves a continuation on it at each call: use WaitAsync with a token, or cancel the loser.",
            within: 6
        ),
        Of(
            "pending-task",
            @"^System\.Threading\.Tasks\.TaskCompletionSource\b",
            "Answers that are waited for and never come: give each a timeout, and take it out of the collection when it is completed or given up.",
            within: 5
        ),
        Of(
            "async-state-machine",
            @"AsyncStateMachineBox<",
            "Calls of an async method that never finish keep their variables: find what they await, and give it a timeout or a token.",
            within: 3
        ),
        Of(
            "event-handlers",
            @"^System\.(EventHandler|Action|Func|MulticastDelegate|Delegate)\b",
            "Subscribers stay on the event's list until they are taken off (-=): unsubscribe when the subscriber is done, or let the event hold them weakly.",
            within: 5
        ),
        Of(
            "assembly-load-context",
            @"^System\.Runtime\.Loader\.AssemblyLoadContext",
            "Load contexts are not unloaded: call Unload on each collectible one, and let nothing outside hold its types, instances or delegates.",
            within: 8
        ),
        Of(
            "thread-static",
            @"^thread static ",
            "Every thread keeps its own: clear it when the work is done, because pooled threads live on."
        ),
        Of(
            "thread-local",
            @"^System\.Threading\.(ThreadLocal|AsyncLocal)<",
            "Every thread (or flow of calls) keeps its own value until it is set back: dispose of the ThreadLocal, set the AsyncLocal to null, and do not make one for each request.",
            within: 8
        ),
        Of(
            "interned-strings",
            @"^interned string",
            "String.Intern keeps a string until the process ends: use a bounded pool for text that comes from outside."
        ),
        Of(
            "finalizer-queue",
            @"^finalizer queue$",
            "Objects wait for their finalizers: dispose of them, and look for a finalizer that blocks the finalizer thread.",
            within: 6
        ),
        Of(
            "pinned-handle",
            @"^(pinned|strong|reference-counted) handle$",
            "A GCHandle was not freed: free it when the native side is done with the object.",
            within: 4
        ),
        Of(
            "conditional-weak-table",
            @"\(attached by ConditionalWeakTable\)",
            "What a ConditionalWeakTable attaches lives as long as its key, and a value that refers to its key keeps both alive.",
            within: 6
        ),
        Of(
            "unbounded-channel",
            @"^System\.Threading\.Channels\.Unbounded",
            "The channel is filled faster than it is read: give it a bound (Channel.CreateBounded), or more readers.",
            within: 8
        ),
    ];

    private static KnownCulprit Of(
        string pattern,
        string match,
        string advice,
        bool isCache = false,
        int within = int.MaxValue
    ) => new(pattern, DotNetKnowledge.Name(match), advice, isCache, within);
}
