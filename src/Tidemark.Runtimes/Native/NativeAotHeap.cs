using System.Runtime.InteropServices;
using System.Text;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>The managed heap of a .NET program that was compiled to native code, read in its memory.</summary>
/// <remarks>
/// Such a program answers no questions, but exports a header for debuggers (<c>DotNetRuntimeDebugHeader</c>): names of the collector's
/// structures with the offsets of their fields, and the address of its variables. From there its generations are found, and the regions
/// of each with what is allocated in them. What lies in older generations has survived a collection. Held against a program's
/// own <c>GC.GetGCMemoryInfo</c>, a generation's size was the same to the byte. Not with the server's collector, which has a heap a core,
/// and not before .NET 7, whose generations share their segments: there nothing is told.
/// </remarks>
internal sealed class NativeAotHeap : IDisposable
{
    private const string Header = "DotNetRuntimeDebugHeader";
    private const int MostFields = 1024;
    private const int MostGlobals = 64;
    private const int MostGenerations = 16;
    private const int MostSegments = 1 << 20;
    private const int Young = 0;
    private const int Oldest = 2;
    private const ulong FrozenSegment = 1;

    private readonly LinuxProcess process;
    private readonly ProcessMemory memory;
    private readonly Dictionary<string, ulong> fields;
    private readonly ulong collector;
    private (long, long) told;
    private readonly SparingReader sparing = new();
    private bool isGone;

    private NativeAotHeap(LinuxProcess process, ProcessMemory memory, Dictionary<string, ulong> fields, ulong collector)
    {
        this.process = process;
        this.memory = memory;
        this.fields = fields;
        this.collector = collector;
    }

    /// <summary>The heap of a process; null where it has none that can be read.</summary>
    public static NativeAotHeap? TryOpen(LinuxProcess process)
    {
        ProcessMemory? memory = null;
        try
        {
            if (ProcessImage.Read(process.Pid).Find(_ => true, Header) is not { } found)
            {
                return null;
            }

            memory = ProcessMemory.OpenToRead(process.Pid);
            var header = found[Header];
            Span<byte> cookie = stackalloc byte[4];
            memory.Read(header, cookie);
            if (cookie.SequenceEqual("DNDH"u8))
            {
                var fields = ReadFields(memory, memory.ReadWord(header + 16));
                var globals = ReadGlobals(memory, memory.ReadWord(header + 24));
                if (globals.TryGetValue("g_gcDacGlobals", out var collector) && collector != 0)
                {
                    var heap = new NativeAotHeap(process, memory, fields, collector);
                    if (heap.ReadGenerations() is not null)
                    {
                        return heap;
                    }
                }
            }
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or KeyNotFoundException or InvalidDataException)
        {
            // Whoever may not look, or finds something else than was expected there, tells what any native program shows.
        }

        memory?.Dispose();
        return null;
    }

    /// <summary>
    /// Sets what is taken from the system and, once there was a collection, what has survived the last one. Before the first one nobody
    /// knows what is alive: that it has not happened is told.
    /// </summary>
    public void Sample(SignalSample sample)
    {
        if (sparing.Read(ReadNow) is not (var generations, var resident))
        {
            return;
        }

        sample[Signal.CommittedHeap] = resident;
        var older = (generations[Young + 1].Allocated, generations[Oldest].Allocated);
        if (older == default)
        {
            sample[Signal.GcCount] = 0;
            return;
        }

        var survived = generations.Skip(Young + 1).Sum(g => g.Allocated);
        sample[Signal.ReusableHeap] = Math.Max(0, resident - survived);
        if (older != told)
        {
            // Between two collections nothing new is known of what is live: to repeat it would look like a level.
            told = older;
            sample[Signal.LiveHeap] = survived;
        }
    }

    /// <summary>The generations, and what of them is in memory; null where that cannot be read now.</summary>
    private (List<Generation> Generations, long Resident)? ReadNow()
    {
        try
        {
            return
                !isGone
                && ReadGenerations() is { } generations
                && process.ReadResidentBytes(generations.Min(g => g.From), generations.Max(g => g.To)) is { } resident
                ? (generations, resident)
                : null;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or KeyNotFoundException or InvalidDataException)
        {
            // It was read in the middle of a collection, or has ended: the next sample looks again.
            return null;
        }
    }

    public void Dispose()
    {
        isGone = true;
        memory.Dispose();
    }

    /// <summary>Each generation, the youngest first, large and pinned objects last; null where they are arranged in another way.</summary>
    private List<Generation>? ReadGenerations()
    {
        var table = Variable("generation_table");
        var size = Variable("generation_size");
        var count = (uint)Variable("total_generation_count");
        if (table == 0 || size is 0 or > 1 << 16 || count is <= Oldest or > MostGenerations)
        {
            return null;
        }

        var generations = new List<Generation>();
        var seen = new HashSet<ulong>();
        for (var g = 0u; g < count; g++)
        {
            var generation = new Generation(0, ulong.MaxValue, 0);
            for (
                var segment = memory.ReadWord(table + (g * size) + fields["dac_generation.start_segment"]);
                segment != 0;
                segment = Field(segment, "next")
            )
            {
                if (!seen.Add(segment) || seen.Count > MostSegments)
                {
                    return null; // shared by two generations, or damaged
                }

                if ((Field(segment, "flags") & FrozenSegment) != 0)
                {
                    continue; // what the compiler made: part of the program's file
                }

                var (from, allocated) = (Field(segment, "mem"), Field(segment, "allocated"));
                var to = Field(segment, "committed");
                if (from == 0 || allocated < from || to < allocated)
                {
                    throw new InvalidDataException("a segment that ends before it begins");
                }

                generation = new Generation(
                    generation.Allocated + (long)(allocated - from),
                    Math.Min(generation.From, from),
                    Math.Max(generation.To, to)
                );
            }

            generations.Add(generation);
        }

        return generations;
    }

    private ulong Variable(string name) => memory.ReadWord(collector + fields[$"GcDacVars.{name}"]);

    private ulong Field(ulong segment, string name) => memory.ReadWord(segment + fields[$"dac_heap_segment.{name}"]);

    /// <summary>Offsets by "structure.field", up to an entry without a name.</summary>
    private static Dictionary<string, ulong> ReadFields(ProcessMemory memory, ulong table)
    {
        var fields = new Dictionary<string, ulong>(StringComparer.Ordinal);
        Span<ulong> entry = stackalloc ulong[3]; // structure, field, offset in the lower half
        for (var i = 0u; i < MostFields; i++)
        {
            memory.ReadWords(table + (i * 24), entry);
            if (entry[0] == 0)
            {
                break;
            }

            fields[$"{ReadText(memory, entry[0])}.{ReadText(memory, entry[1])}"] = (uint)entry[2];
        }

        return fields;
    }

    private static Dictionary<string, ulong> ReadGlobals(ProcessMemory memory, ulong table)
    {
        var globals = new Dictionary<string, ulong>(StringComparer.Ordinal);
        Span<ulong> entry = stackalloc ulong[2]; // name, address
        for (var i = 0u; i < MostGlobals; i++)
        {
            memory.ReadWords(table + (i * 16), entry);
            if (entry[0] == 0)
            {
                break;
            }

            globals[ReadText(memory, entry[0])] = entry[1];
        }

        return globals;
    }

    private static string ReadText(ProcessMemory memory, ulong address)
    {
        var text = new StringBuilder();
        Span<byte> letter = stackalloc byte[1];
        while (text.Length < 128)
        {
            memory.Read(address + (uint)text.Length, letter);
            if (letter[0] == 0)
            {
                break;
            }

            text.Append((char)letter[0]);
        }

        return text.ToString();
    }

    /// <summary>A generation: bytes allocated in it, and the addresses between which it lies.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Generation(long Allocated, ulong From, ulong To);
}
