using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Native;

/// <summary>
/// Servers that are run by many who have not written them: a function's name tells their users little, and each has means of its own
/// that say what its memory holds, and settings that bound it.
/// </summary>
internal static class KnownServers
{
    public static IReadOnlyList<KnownServer> Native { get; } =
    [
        new(
            Name("^(redis|valkey|keydb)-server$"),
            "what grows here is most often the data: `redis-cli INFO memory` (used_memory_dataset, maxmemory) and `INFO keyspace` (keys against expires) tell, `redis-cli --bigkeys` or `--memkeys` which keys; set maxmemory with a maxmemory-policy that evicts, or give the keys a TTL; where keys do not grow, look at `CLIENT LIST` (omem, qbuf), `MEMORY STATS` and `MEMORY DOCTOR`",
            Name(@"^(dbAdd\w*|dbGenericAdd\w*|setKey|genericSetKey|setGenericCommand)$")
        ),
        new(
            Name("^memcached$"),
            "memcached fills its slabs up to -m and evicts from then on: `stats` (bytes against limit_maxbytes, evictions) tells how far it is; growth beyond that bound is connections (curr_connections) or, in old versions, the hash table",
            Name(@"^(memcached\+0x|do_item_alloc|item_alloc|do_slabs_|slabs_|process_)")
        ),
        new(
            Name("^(postgres|postmaster)$"),
            "each connection is a process of its own: `select pg_log_backend_memory_contexts(PID)` writes to the server's log which memory context grows (14 and later; in the session itself pg_backend_memory_contexts); CachedPlan contexts are prepared statements (pg_prepared_statements; DEALLOCATE or DISCARD ALL), CacheMemoryContext the catalog of many tables, PortalContext a query that is still running; a pool that closes connections after a while bounds them all"
        ),
        new(
            Name("^(mysqld|mariadbd)$"),
            "`select event_name, current_number_of_bytes_used from performance_schema.memory_summary_global_by_event_name order by 2 desc limit 10` names the part that grows (performance_schema must be on); bounds are innodb_buffer_pool_size, tmp_table_size, table_open_cache, max_prepared_stmt_count, and per connection sort_buffer_size and join_buffer_size times max_connections"
        ),
        new(
            Name("^nginx$"),
            "memory of nginx belongs to connections, requests and shared zones: a worker that keeps growing under the same number of connections (stub_status) points to a third-party module, Lua code, or responses that are buffered; each reload leaves old workers alive until their connections end (`ps` shows them as shutting down): bound that by worker_shutdown_timeout"
        ),
        new(
            Name("^haproxy$"),
            "`echo 'show pools' | socat - /run/haproxy/admin.sock` lists every pool with what is used; stick tables (`show table`) grow up to their size, sessions (`show info`: CurrConns) up to maxconn",
            Name("^(stktable_get_entry|__?stksess_new)$")
        ),
        new(
            Name(@"^(beam(\.smp)?|erl|rabbitmq-server)$"),
            "this is the Erlang machine, and its own tools name what holds the memory: `erlang:memory().` and `recon:proc_count(memory, 5)`, or `observer_cli`; for RabbitMQ `rabbitmq-diagnostics memory_breakdown` and `rabbitmqctl list_queues name messages memory consumers`: queues without a consumer, a length limit (max-length) or a message-ttl grow without end; for ejabberd and others `ets:i().`"
        ),
        new(
            Name(@"^(php-fpm[\d.]*|php[\d.]*|apache2|httpd)$"),
            "workers keep what requests leave behind: pm.max_requests (PHP-FPM) and MaxConnectionsPerChild (Apache) end a worker after so many; `memory_get_peak_usage()` and `pm.status_path` tell which script takes it"
        ),
        new(
            Name(@"^ruby[\d.]*$|^puma$"),
            "Ruby's own tools name its objects: `ObjectSpace.trace_object_allocations_start` and `ObjectSpace.dump_all`, read with heapy; footprint that grows while GC.stat(:heap_live_slots) does not is fragmentation: MALLOC_ARENA_MAX=2 or jemalloc"
        ),
        new(
            Name("^(chrome|chromium|firefox(-bin|-esr)?)$"),
            "each tab and frame is a process of its own (the browser's task manager tells which; here `--type=renderer`): the page's JavaScript heap is seen in DevTools' Memory panel, and `tidemark suspects` reads the .heapsnapshot that it saves; about:memory does so in Firefox"
        ),
    ];

    private static Regex Name(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
