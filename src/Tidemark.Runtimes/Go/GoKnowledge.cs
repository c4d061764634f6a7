using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Go;

/// <summary>What is known of Go programs: which functions are the library's, and what commonly leaks.</summary>
internal static class GoKnowledge
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    public static RuntimeKnowledge Value { get; } =
        new()
        {
            Library =
            [
                // Go's own packages, told by the first part of their import path.
                Name(
                    @"^(vendor/)?(archive|bufio|builtin|bytes|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors|expvar|flag|fmt|go|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp|runtime|slices|sort|strconv|strings|structs|sync|syscall|testing|text|time|unicode|unique|unsafe|weak)[/.]"
                ),
                Name(@"^(type|go)[.:]"),
                Name(@"^(golang\.org/x|google\.golang\.org|go\.uber\.org|go\.opentelemetry\.io)/"),
                Name(
                    @"^github\.com/(gorilla|gin-gonic|labstack|valyala|gofiber|go-chi|julienschmidt|sirupsen|rs/zerolog|prometheus|jackc|lib/pq|go-sql-driver|mattn|redis|go-redis|gomodule|segmentio|IBM/sarama|Shopify/sarama|nats-io|json-iterator|bytedance|goccy|klauspost|andybalholm|pierrec|mailru|google/uuid|gofrs|spf13|stretchr|aws/aws-sdk|Azure/azure-sdk|hashicorp/golang-lru|patrickmn|dgraph-io/ristretto|allegro/bigcache|coocood/freecache|karlseguin/ccache|golang/groupcache|jmoiron|go-gorm|uptrace)[/.]"
                ),
            ],
            Servers =
            [
                new(
                    Name("^prometheus$"),
                    "the series in its head block are what Prometheus holds: the page /tsdb-status (API: /api/v1/status/tsdb) names the metrics and labels with the most series, `prometheus_tsdb_head_series` and `scrape_samples_scraped` which job brings them; a sample_limit or label_limit a job, and relabelling that drops the label, bound it"
                ),
                new(
                    Name("^etcd$"),
                    "etcd keeps every revision of a key until it is compacted, and an index of all keys in memory: `etcdctl endpoint status -w table` (DB size) and the metrics etcd_debugging_mvcc_keys_total, etcd_debugging_mvcc_watcher_total and etcd_server_lease_* tell what grows; --auto-compaction-retention bounds the revisions, leases that run out the keys; started with --enable-pprof, it serves the heap profile that names the code"
                ),
            ],
            Noise =
            [
                // What Go keeps for itself: descriptions of goroutines and threads, sampling tables.
                Name(
                    @"^runtime\.(malg|allocm|newm|mstart|mcall|systemstack|gcBgMarkWorker|doInit|schedinit|profilealloc)"
                ),
                // The cost of being looked at.
                Name(@"^(net/http/pprof|runtime/pprof|expvar|compress/(gzip|flate))\."),
            ],
            BenignCaches =
            [
                Name(@"^sync\.\(\*Pool\)\."),
                Name(@"^(regexp|encoding/json|reflect|text/template|html/template)\."),
            ],
            Waits =
            [
                new(Name(@"^runtime\.chansend"), "wait to send on a channel"),
                new(Name(@"^runtime\.chanrecv"), "wait to receive from a channel"),
                new(Name(@"^runtime\.(selectgo|block)$"), "wait in a select"),
                new(Name(@"^sync\.\(\*(RW)?Mutex\)\.R?Lock"), "wait for a lock"),
                new(Name(@"^sync\.\(\*WaitGroup\)\.Wait$"), "wait for a WaitGroup"),
                new(Name(@"^sync\.\(\*Cond\)\.Wait$"), "wait for a condition"),
                new(Name(@"^time\.Sleep$"), "sleep"),
                new(Name(@"^internal/poll\.runtime_pollWait$"), "wait for the network"),
                new(Name(@"^syscall\."), "stay in a system call"),
            ],
            Fragmentation =
            [
                new(
                    "allocate what stays apart from what goes: copy the few that are kept into one slice, and take short-lived ones from a sync.Pool",
                    "a change of the code; the only one that helps where live objects keep their pages"
                ),
                new(
                    "GOGC=50, or debug.SetGCPercent(50)",
                    "twice as many collections and their CPU time; makes the heap's garbage smaller and leaves pages that live objects keep as they are"
                ),
                new(
                    "GOMEMLIMIT a tenth below the container's limit (Go 1.19)",
                    "near the limit the program collects more and more, and spends up to half of its CPU time on it where what is live or stuck does not fit"
                ),
                new(
                    "debug.FreeOSMemory() after a peak, by the program itself",
                    "a full collection, and page faults when the memory is used again; gives back idle pages only"
                ),
            ],
            Culprits =
            [
                new(
                    "time-after",
                    Name(@"^time\.(After|NewTimer|Tick|NewTicker|AfterFunc)$"),
                    "each call starts a timer: time.After in a loop keeps one alive until it fires, a Ticker for ever; use one timer with Reset, and Stop it"
                ),
                new(
                    "context-not-cancelled",
                    Name(
                        @"^context\.(WithCancel|WithTimeout|WithDeadline|WithCancelCause|propagateCancel|\(\*cancelCtx\)\..*)$"
                    ),
                    "a context whose cancel function is not called stays with its parent: defer cancel() where it is made"
                ),
                new(
                    "response-body-not-closed",
                    Name(@"^net/http\.\(\*(persistConn|Transport)\)\.(readLoop|writeLoop|dialConn|getConn)$"),
                    "a connection and two goroutines stay with each response whose Body is not closed: defer response.Body.Close() before the first return, and read it to its end"
                )
                {
                    CalledBy = Name(@"^net/http\.(\(\*Client\)|\(\*Transport\)\.(RoundTrip|roundTrip)$)"),
                },
                new(
                    "finalizer",
                    Name(@"^runtime\.SetFinalizer$"),
                    "an object with a finalizer that is part of a cycle is never freed: break the cycle, or free it by an explicit Close"
                ),
                new(
                    "deferred-in-loop",
                    Name(@"^runtime\.deferproc$"),
                    "defer inside of a loop runs at the end of the function: move the loop's body into a function of its own"
                ),
                new(
                    "list-element",
                    Name(@"^container/list\.\(\*List\)\.(PushBack|PushFront|insertValue)$"),
                    "elements are added to a list: look for the List.Remove that is missing"
                ),
                new(
                    "sync-map",
                    Name(@"^sync\.\(\*Map\)\.(Store|LoadOrStore|Swap)$"),
                    "entries are added to a sync.Map: look for the Delete that is missing, or bound it",
                    IsCache: false
                ),
            ],
        };

    private static Regex Name(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout);
}
