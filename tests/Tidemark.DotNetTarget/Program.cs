using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tidemark.DotNetTarget;

// Holds a heap that it knows, and tells of itself when it is asked over its standard input.
KnownHeap.Fill(int.Parse(args[0], CultureInfo.InvariantCulture));
Console.WriteLine("ready");
while (Console.ReadLine() is { } question)
{
    switch (question.Split(' '))
    {
        case ["state"]:
            Console.WriteLine(JsonSerializer.Serialize(State()));
            break;
        case ["add", var count]:
            KnownHeap.Fill(int.Parse(count, CultureInfo.InvariantCulture));
            Console.WriteLine("added");
            break;
        case ["fragment", var count]:
            Receiver.Open(int.Parse(count, CultureInfo.InvariantCulture));
            Console.WriteLine("fragmented");
            break;
        default:
            Console.WriteLine($"what is '{question}'?");
            break;
    }
}

[MethodImpl(MethodImplOptions.NoInlining)]
static Dictionary<string, long> State()
{
    var total = GC.GetTotalMemory(forceFullCollection: true);
    var info = GC.GetGCMemoryInfo(GCKind.Any);
    return new Dictionary<string, long>
    {
        ["sessions"] = KnownHeap.ById.Count,
        ["sessionBytes"] = KnownHeap.SessionBytes,
        ["total"] = total,
        ["heap"] = info.HeapSizeBytes - info.FragmentedBytes,
        ["committed"] = info.TotalCommittedBytes,
        ["collections"] = GC.CollectionCount(0),
        ["full"] = GC.CollectionCount(2),
        ["files"] = Directory.GetFiles("/proc/self/fd").Length,
        ["threads"] = Directory.GetDirectories("/proc/self/task").Length,
        ["listening"] = KnownHeap.IsTraced ? 1 : 0,
    };
}

namespace Tidemark.DotNetTarget
{
    /// <summary>What a user has open.</summary>
    internal sealed class Session(int number)
    {
        public string User { get; } = $"user {number}";

        public byte[] Buffer { get; } = new byte[100];

        public Session? Previous { get; set; }
    }

    /// <summary>Hears of prices.</summary>
    internal sealed class Listener
    {
        private int heard;

        public void Hear(object? sender, EventArgs happened) => heard++;
    }

    /// <summary>A value that a ConditionalWeakTable attaches.</summary>
    internal sealed class Attached;

    /// <summary>An object behind a handle.</summary>
    internal sealed class Pinned;

    /// <summary>Has a buffer that is pinned for as long as it lives, among much that is soon gone.</summary>
    internal sealed class Receiver
    {
        private const int GoneBeside = 60;
        private const int Bytes = 1000;
        private static readonly List<Receiver> All = [];
        private readonly byte[] packet = new byte[Bytes];
        private readonly GCHandle pin;

        private Receiver() => pin = GCHandle.Alloc(packet, GCHandleType.Pinned);

        public bool IsOpen => pin.IsAllocated;

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Open(int count)
        {
            var passing = new List<byte[]>();
            for (var i = 0; i < count; i++)
            {
                for (var gone = 0; gone < GoneBeside; gone++)
                {
                    passing.Add(new byte[Bytes]);
                }

                All.Add(new Receiver());
            }

            passing.Clear();
        }
    }

    /// <summary>What one thread keeps for itself.</summary>
    internal sealed class PerThread;

    /// <summary>Objects in known numbers, each held in a way of its own.</summary>
    internal static class KnownHeap
    {
        public static readonly Dictionary<int, Session> ById = [];
        private static readonly ConditionalWeakTable<Session, Attached> Attachments = [];
        private static readonly List<Timer> Timers = [];

        [ThreadStatic]
        private static PerThread? perThread;

        public static event EventHandler? PriceChanged;

        /// <summary>Bytes of one session, by the runtime's own count of what was allocated.</summary>
        public static long SessionBytes { get; private set; }

        /// <summary>True while somebody has the events of the runtime's own source switched on.</summary>
        public static bool IsTraced =>
            System
                .Diagnostics.Tracing.EventSource.GetSources()
                .Any(s => s.Name is "System.Runtime" or "Microsoft-Windows-DotNETRuntime" && s.IsEnabled());

        public static void Fill(int sessions)
        {
            perThread ??= new PerThread();
            for (var i = 0; i < sessions; i++)
            {
                var session = new Session(ById.Count) { Previous = ById.GetValueOrDefault(ById.Count - 1) };
                ById.Add(ById.Count, session);
                if (i % 10 == 0)
                {
                    PriceChanged += new Listener().Hear;
                    Attachments.Add(session, new Attached());
                }
            }

            for (var i = 0; i < 7; i++)
            {
                GCHandle.Alloc(new Pinned());
                Timers.Add(
                    new Timer(
                        _ => PriceChanged?.Invoke(null, EventArgs.Empty),
                        null,
                        Timeout.Infinite,
                        Timeout.Infinite
                    )
                );
            }

            var kept = new object[1000];
            MakeSessions(kept);
            var before = GC.GetAllocatedBytesForCurrentThread();
            MakeSessions(kept);
            SessionBytes = (GC.GetAllocatedBytesForCurrentThread() - before) / kept.Length;
        }

        private static void MakeSessions(object[] kept)
        {
            for (var i = 0; i < kept.Length; i++)
            {
                kept[i] = RuntimeHelpers.GetUninitializedObject(typeof(Session));
            }
        }
    }
}
