using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Node;

/// <summary>What is known of V8's collections, of Node.js' own tables, and of the usual faults.</summary>
internal static class NodeKnowledge
{
    // Most ways of Node.js pass by a timer or an emitter's listener: only close to the pile do they say anything.
    private const int NearThePile = 6;

    public static RuntimeKnowledge Value { get; } =
        new()
        {
            Collections =
            [
                new(Pattern(@"^(Map|WeakMap|SafeMap|URLSearchParams|Headers)$"), CollectionRole.Map),
                new(Pattern(@"^(Set|WeakSet|SafeSet)$"), CollectionRole.Set),
                new(Pattern(@"^Array$"), CollectionRole.List),
                // The insides of a browser: tables, and what stands between a node and its listeners.
                new(
                    Pattern(
                        @"^(blink|WTF|cppgc)::.*(Backing|Vector|HashTable|HashMap|Deque|RareData|EventTargetData|NodeMutationObserverData|Coordinator|Supplement)\b"
                    ),
                    CollectionRole.Inner
                ),
                new(Pattern(@"^(FixedQueue|FixedCircularBuffer|PriorityQueue|BufferList)$"), CollectionRole.Queue),
                new(
                    Pattern(
                        @"^\((array|concatenated string|sliced string|object shape|system|synthetic)\)$|^(TimersList|ImmediateList)$|^system / JSArrayBufferData$"
                    ),
                    CollectionRole.Inner
                ),
            ],
            Noise =
            [
                // Code that is compiled and optimised as the program runs, and the engine's own bookkeeping.
                Pattern(@"^\(compiled code\)$|^\(object shape\)$|^\(system\)$"),
                Pattern(@"^tidemark"),
            ],
            BenignCaches =
            [
                Pattern(@"^(BuiltinModule|ModuleLoader|LoadCache|ModuleMap|Module)(\.|$)"),
                Pattern(@"\.(freeSockets|_cache|parsers)$"),
            ],
            Culprits =
            [
                new(
                    "emitter-listeners",
                    Pattern(
                        @"\._events$|\.<symbol kEvents>$|\.<symbol nodejs\.internal\.event_target|^EventTarget|\.listeners$|^(blink::)?RegisteredEventListener"
                    ),
                    "Listeners pile up on one emitter: add them once, or take each away with off() (or { once: true }, { signal }) when what it serves is done. setMaxListeners(0) hides the warning that would tell.",
                    Within: NearThePile
                ),
                new(
                    "undrained-stream",
                    Pattern(
                        @"\.(_writableState|_readableState|bufferedRequest|lastBufferedRequest|outputData)$|^(WritableState|ReadableState|BufferList)\b"
                    ),
                    "A stream is written to faster than it drains: stop when write() returns false and go on at 'drain', or use pipeline(), which does both; destroy streams whose other end has stalled.",
                    Within: NearThePile
                ),
                new(
                    "timer",
                    Pattern(@"^Timeout\b|^DOMTimer\b|\._onTimeout$|^Immediate\b|\._idleNext$"),
                    "Timers that are never cleared keep their callback and all that it closes over: keep the handle and call clearInterval or clearTimeout when the work is done.",
                    Within: NearThePile
                ),
                new(
                    "dom-observers",
                    Pattern(@"^(MutationObserverRegistration|(blink::)?(IntersectionObservation|ResizeObservation))\b"),
                    "Observers pile up on nodes that stay: call disconnect() (or unobserve()) when what they serve is done.",
                    Within: NearThePile
                ),
                new(
                    "detached-dom",
                    Pattern(@"^Detached (?!Node / )"),
                    "Elements that were taken out of the page are still referred to: drop the variable, listener or cache that leads to them."
                )
                {
                    IsHeld = true,
                },
                new(
                    "promise",
                    Pattern(@"^Promise\.(reactions$|<symbol )|^PromiseReaction"),
                    "Promises that never settle keep their continuations and what those close over: give the awaited work a time limit, or settle it when it is given up.",
                    Within: NearThePile
                ),
                new(
                    "async-local-storage",
                    Pattern(@"^(AsyncLocalStorage|AsyncContextFrame|AsyncResource)\b|\.<symbol kResourceStore>$"),
                    "A store of AsyncLocalStorage lives as long as the asynchronous work that was begun in it: keep it small, and leave long-lived work outside of run().",
                    Within: NearThePile
                ),
                new(
                    "module-cache",
                    Pattern(@"^Module\._cache|require\.cache"),
                    "Modules are loaded again and again under new names (a query string, a deleted cache entry): load each once."
                ),
            ],
            Insides =
            [
                Pattern(
                    @"^(blink|cppgc|WTF|v8)::|^(system|C\+\+) / |^\(|^(EventListener|V8[A-Z]\w+)$|^(Object|Function|Array|Promise)$"
                ),
            ],
            OwnFiles = [Pattern(@"^(node:|internal/|electron/|v8/|extensions::)")],
            Spoken =
            [
                new(Pattern(@"^\((concatenated |sliced )?string\)$"), "strings", IsText: true),
                new(Pattern(@"^\((heap )?number\)$"), "numbers"),
                new(Pattern(@"^system / JSArrayBufferData$"), "contents of array buffers"),
                new(Pattern(@"^(blink::)?RegisteredEventListener$"), "event listeners"),
                new(Pattern(@"^DOMTimer$"), "timers"),
                new(Pattern(@"^MutationObserverRegistration$"), "mutation observers"),
                new(Pattern(@"^\(bigint\)$"), "big integers"),
                new(Pattern(@"^\(symbol\)$"), "symbols"),
                new(Pattern(@"^system / Context( / .*)?$"), "variables of closures"),
            ],
            Scopes = [Pattern(@"^system / Context( / .*)?$")],
            Library =
            [
                Pattern(@"^\(|^(global|globalThis|global / .*|Window.*)$"),
                Pattern(
                    @"^(Object|Array|Map|Set|WeakMap|WeakSet|WeakRef|Function|Promise|Date|RegExp|Error|Symbol|String|Number|Boolean|Generator|ArrayBuffer|SharedArrayBuffer|DataView|Buffer|FastBuffer|\w+Array)$"
                ),
                Pattern(
                    @"^(EventEmitter|EventTarget|TimersList|Timeout|Immediate|Server|Socket|TCP|Pipe|TTY|Module|BuiltinModule|ModuleWrap|ModuleJob|ModuleLoader|ModuleMap|LoadCache|HTTPParser|IncomingMessage|ServerResponse|ClientRequest|Agent|WritableState|ReadableState|Writable|Readable|Duplex|Transform|BufferList|MessagePort|Worker|AsyncResource|process|Process)$"
                ),
                Pattern(@"^(Detached )?(Node|system|C\+\+|blink|v8) / (?!Context)"),
                Pattern(
                    @"^(blink|cppgc|WTF|v8)::|^(EventListener|DOMTimer|ScheduledAction|MutationObserver\w*|Intersection\w+|Resize\w+|V8[A-Z]\w+|HTML\w+|SVG\w+|CSS\w+|InternalNode|Pending activities)$|^<"
                ),
                Pattern(@"^node:|/node_modules/|^internal/"),
            ],
        };

    private static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
