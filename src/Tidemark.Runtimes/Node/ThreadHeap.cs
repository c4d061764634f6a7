using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Node;

/// <summary>What one JavaScript thread's agent says of its heap, and when it should be asked to collect.</summary>
internal sealed partial class ThreadHeap
{
    // A full collection makes the live heap visible: what V8 reports of those that it makes by itself counts everything that
    // was allocated while they ran. One is asked for so often, and less often where that takes more than this share of a
    // processor.
    private static readonly TimeSpan CollectEvery = TimeSpan.FromSeconds(5);
    private const double CollectShare = 0.02;

    private Answer last = new();
    private double? firstLive;

    /// <summary>Bytes of the V8 heap in use.</summary>
    public long HeapUsed => (long)last.HeapUsed;

    /// <summary>Bytes by which the live heap has grown since the first look.</summary>
    public double Growth => Live - firstLive ?? 0;

    /// <summary>True where the next look should collect first.</summary>
    public bool WantsFullCollection
    {
        get
        {
            if (last.SinceFull is not { } milliseconds)
            {
                return true;
            }

            var wait = Math.Max(CollectEvery.TotalMilliseconds, last.Forced / CollectShare);
            return milliseconds >= wait;
        }
    }

    // Buffers are JavaScript objects whose bytes V8 frees with them, and count as live heap; what C++ parts of Node.js
    // allocate beyond (external without array buffers) does not.
    private double? Live =>
        last.LiveUsed is { } used
            ? used + Math.Max(0, (last.LiveExternal ?? 0) - (last.External - last.ArrayBuffers))
            : null;

    public void Read(string json)
    {
        var forced = last.Forced;
        last = JsonSerializer.Deserialize(json, AgentJson.Default.Answer)!;
        if (last.Forced == 0)
        {
            last = last with { Forced = forced };
        }

        firstLive ??= Live;
    }

    /// <summary>The process's signals from those of its threads.</summary>
    public static void Sum(IReadOnlyCollection<ThreadHeap> heaps, SignalSample sample)
    {
        var answers = heaps.Select(h => h.last).ToList();
        sample[Signal.LiveHeap] = heaps.Sum(h => h.Live ?? double.NaN);
        // External memory is the process's: each thread counts its own.
        sample[Signal.CommittedHeap] = answers.Sum(a => a.HeapTotal + a.External);
        // V8 limits its own heap alone: buffers come on top of it.
        sample[Signal.HeapLimit] = answers.Sum(a => a.Limit + a.ArrayBuffers);
        if (answers.TrueForAll(a => a.Collections is not null))
        {
            sample[Signal.GcCount] = answers.Sum(a => a.Collections!.Value);
            sample[Signal.GcPause] = answers.Sum(a => a.PauseMilliseconds) / 1000;
        }

        if (answers.Sum(a => a.Requests) is > 0 and var requests)
        {
            sample[Signal.Requests] = requests;
        }
    }

    private sealed record Answer
    {
        public double HeapUsed { get; init; }
        public double HeapTotal { get; init; }
        public double External { get; init; }
        public double ArrayBuffers { get; init; }
        public double Limit { get; init; }
        public double? LiveUsed { get; init; }
        public double? LiveExternal { get; init; }

        /// <summary>Milliseconds since the last full collection.</summary>
        public double? SinceFull { get; init; }

        /// <summary>Milliseconds of a processor that the last collection took which was asked for.</summary>
        public double Forced { get; init; }

        public double? Collections { get; init; }
        public double PauseMilliseconds { get; init; }
        public double Requests { get; init; }
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Answer))]
    private sealed partial class AgentJson : JsonSerializerContext;
}
