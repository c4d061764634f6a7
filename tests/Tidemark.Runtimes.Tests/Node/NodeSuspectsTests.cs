using System.Diagnostics;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Formats.V8;

namespace Tidemark.Runtimes.Tests.Node;

/// <summary>What is said of the piles in snapshots of a real Node.js that has many leaks at once: who holds them, in the words of its source.</summary>
public sealed class NodeSuspectsTests : IDisposable
{
    private const string Main = """
        import { EventEmitter } from 'node:events';
        import { writeHeapSnapshot } from 'node:v8';
        import { Writable } from 'node:stream';
        import { readingsByMeter } from './meters.mjs';
        import { load, waitFor } from './desk.cjs';

        const bus = new EventEmitter();
        bus.setMaxListeners(0);
        const prices = {};
        const shutdown = new Promise(() => {});
        class Poll {
          constructor(n) { this.samples = new Array(40).fill(n + 0.5); setInterval(() => this.samples.push(1), 3600_000); }
        }
        class Registry {
          static instances = new Set();
          constructor(n) { this.text = 'registered ' + n; this.more = new Array(20).fill(n + 0.5); Registry.instances.add(this); }
        }
        class Sink extends Writable { _write() {} }
        const sink = new Sink({ objectMode: true });
        class Session { constructor(n) { this.rows = new Array(30).fill(n + 0.25); } }
        async function handle(n) {
          const rows = (async () => ({ n, rows: new Array(30).fill(n + 0.75) }))();
          return Promise.race([rows, shutdown]);
        }

        let n = 0;
        async function work() {
          for (const end = n + 1000; n < end; n++) {
            const session = new Session(n);
            bus.on('quote', function onQuote() { return session.rows.length; });
            prices['p' + n] = { price: n + 0.5, text: 'price ' + n, lots: new Array(20).fill(n) };
            new Poll(n);
            new Registry(n);
            sink.write({ record: 'r' + n, values: new Array(20).fill(n + 0.5) });
            readingsByMeter.set('m' + n, { meter: 'meter ' + n, values: new Array(20).fill(n + 0.5) });
            await handle(n);
            load('k' + n);
            waitFor(n);
          }
        }

        await work();
        for (const name of ['first', 'second']) {
          writeHeapSnapshot(name + '.heapsnapshot');
          await work();
        }
        process.exit(0);
        """;

    private const string Meters = "export const readingsByMeter = new Map();";

    private const string Desk = """
        const loaded = new Map();
        const waiting = [];
        exports.load = key => {
          if (!loaded.has(key)) loaded.set(key, Promise.resolve({ key, body: new Array(20).fill(key.length + 0.5) }));
          return loaded.get(key);
        };
        exports.waitFor = function (order) {
          const copy = new Array(30).fill(order + 0.5);
          waiting.push(function answer() { return copy; });
        };
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-node-suspects-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Each_pile_is_named_by_the_variable_field_emitter_or_function_of_its_source()
    {
        File.WriteAllText(Path.Combine(folder, "main.mjs"), Main);
        File.WriteAllText(Path.Combine(folder, "meters.mjs"), Meters);
        File.WriteAllText(Path.Combine(folder, "desk.cjs"), Desk);
        Run();

        var first = Read("first");
        var second = Read("second");
        var suspects = HeapSuspects.Find(HeapDiff.Between([first, second]), KnownRuntimes.KnowledgeOf("node"));

        var said = suspects.Select(s => $"[{s.Pattern}] {s.Subject}").ToList();
        said.ShouldContain("[emitter-listeners] Session in main.mjs: bus._events.quote (Array)");
        said.ShouldContain(s =>
            s.StartsWith("[growing-map] Object {", StringComparison.Ordinal)
            && s.EndsWith(" in main.mjs: prices", StringComparison.Ordinal)
        );
        said.ShouldContain("[growing-set] Registry in Registry.instances (Set)");
        said.ShouldContain("[growing-map] Object {meter, values} in meters.mjs: readingsByMeter (Map)");
        said.ShouldContain("[growing-map] Promise in desk.cjs: loaded (Map)");
        said.ShouldContain("[growing-list] closure answer() at desk.cjs:9 in desk.cjs: waiting (Array)");
        said.ShouldContain(s => s.StartsWith("[timer] Poll in ", StringComparison.Ordinal));
        said.ShouldContain(s =>
            s.StartsWith("[undrained-stream] ", StringComparison.Ordinal)
            && s.Contains("Sink._writableState", StringComparison.Ordinal)
        );
        said.ShouldContain(
            s =>
                s.StartsWith("[promise] ", StringComparison.Ordinal)
                && s.Contains("main.mjs: shutdown", StringComparison.Ordinal),
            string.Join('\n', said)
        );
        said.ShouldAllBe(s =>
            !s.Contains("system / ", StringComparison.Ordinal) && !s.Contains("(GC roots)", StringComparison.Ordinal)
        );
        suspects
            .Single(s => s.Subject.Contains("waiting", StringComparison.Ordinal))
            .Evidence.ShouldContain(e => e.EndsWith("desk.cjs:9", StringComparison.Ordinal));
        suspects
            .Single(s => s.Pattern == "timer")
            .Evidence.ShouldContain(e => e.EndsWith("main.mjs:12", StringComparison.Ordinal));
    }

    private HeapGraph Read(string name) =>
        (
            (HeapSnapshot)
                new V8SnapshotFormat().Read(
                    DumpFile.Open(Path.Combine(folder, name + ".heapsnapshot")),
                    ReadContext.Quiet
                )
        ).Graph;

    private void Run()
    {
        using var node = Process.Start(
            new ProcessStartInfo("node", ["main.mjs"]) { WorkingDirectory = folder, RedirectStandardError = true }
        )!;
        var complaints = node.StandardError.ReadToEnd();
        node.WaitForExit();
        node.ExitCode.ShouldBe(0, complaints);
    }
}
