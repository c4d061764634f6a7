using System.Globalization;
using Tidemark.Core.Allocation;
using Tidemark.Symbols.Demangling;

namespace Tidemark.Formats.Heaptrack;

/// <summary>The tables of a heaptrack file and the counts of its allocations.</summary>
internal sealed class HeaptrackData(string path, HeaptrackLimits limits)
{
    private const ulong NewestVersion = 3;
    private const ulong LargestAllocation = 1UL << 47;

    /// <summary>In milliseconds, 17,000 years: what a duration can hold.</summary>
    private const long LongestRun = 1L << 49;

    private static readonly SampleType[] Columns =
    [
        SampleType.AllocObjects,
        new("temporary_objects", "count"),
        new("peak_space", "bytes"),
        SampleType.InUseObjects,
        SampleType.InUseSpace,
    ];

    // Heaptrack shows no callers of these.
    private static readonly HashSet<string> Outermost = new(StringComparer.Ordinal)
    {
        "main",
        "__libc_start_main",
        "__static_initialization_and_destruction_0",
    };

    /// <summary>Allocations of one size from one trace: 32 bytes, for two fit into a cache line.</summary>
    private struct Allocation
    {
        public long Size;
        public long Calls;
        public int Live;

        /// <summary>How many were live at the peak with the number <see cref="PeakStamp"/>.</summary>
        public int PeakLive;
        public uint PeakStamp;
        public int Temporary;
    }

    /// <summary>An instruction: its frames are a range in the list of all.</summary>
    private readonly record struct Instruction(ulong Address, uint Module, int FirstFrame, bool IsAllocator);

    private readonly record struct Place(uint Function, uint File, int Line);

    private readonly record struct Trace(uint Instruction, uint Parent);

    private readonly List<string> texts = [];
    private readonly List<Instruction> instructions = [];
    private readonly List<Place> frames = [];
    private readonly List<Trace> traces = [];
    private readonly List<uint> allocationTraces = [];
    private Allocation[] allocations = new Allocation[1024];
    private int allocationCount;
    private long textBytes;
    private long live;
    private long peak;
    private uint peakStamp;
    private uint lastAllocated;

    public HeaptrackLimits Limits => limits;

    /// <summary>The version of the file, 0 before its first line.</summary>
    public int Version { get; private set; }

    public string Command { get; set; } = "";

    public long Milliseconds { get; set; }

    public long PageSize { get; set; } = 4096;

    public long PeakResidentPages { get; set; }

    /// <summary>True where heaptrack was attached to a running process: what was allocated before is unknown.</summary>
    public bool IsAttached { get; set; }

    public MalformedDumpException Malformed(long offset, string problem) => new(path, offset, problem);

    public void SetVersion(ulong version, ulong program, long offset)
    {
        // Version 1.2.0 forgot to write the number of the file's format, which is 2.
        version = version == 0 && program == 0x010200 ? 2 : version;
        if (version is 0 or > NewestVersion)
        {
            throw Malformed(
                offset,
                $"is of version {version}, but only 1 to {NewestVersion} are known: open it with the heaptrack that wrote it"
            );
        }

        Version = (int)version;
    }

    public void AddText(string text, long offset)
    {
        textBytes += text.Length + 32;
        if (textBytes > limits.MaxTextBytes)
        {
            throw Malformed(offset, $"more than {limits.MaxTextBytes} bytes of names, which is refused");
        }

        texts.Add(text);
    }

    public void AddInstruction(ulong address, ulong module, long offset)
    {
        CheckRoom(instructions.Count, offset);
        instructions.Add(new Instruction(address, TextIndex(module, offset), frames.Count, IsAllocator: false));
    }

    public void AddFrame(ulong function, ulong file, ulong line, long offset)
    {
        CheckRoom(frames.Count, offset);
        var place = new Place(TextIndex(function, offset), TextIndex(file, offset), (int)Math.Min(line, int.MaxValue));
        var instruction = instructions[^1];
        if (instruction.FirstFrame == frames.Count)
        {
            instructions[^1] = instruction with { IsAllocator = IsAllocator(Text(place.Function)) };
        }

        frames.Add(place);
    }

    /// <summary>A trace is an instruction and the trace that called it, 0 for none.</summary>
    public void AddTrace(ulong instruction, ulong parent, long offset)
    {
        CheckRoom(traces.Count, offset);
        if (instruction > (ulong)instructions.Count)
        {
            throw Malformed(
                offset,
                $"a trace of instruction {instruction:x}, but only {instructions.Count:x} were listed"
            );
        }

        if (parent > (ulong)traces.Count)
        {
            throw Malformed(offset, $"a trace below {parent:x}, but only {traces.Count:x} were listed");
        }

        traces.Add(new Trace((uint)instruction, (uint)parent));
    }

    public void AddAllocation(ulong size, ulong trace, long offset)
    {
        CheckRoom(allocationCount, offset);
        if (trace > (ulong)traces.Count)
        {
            throw Malformed(offset, $"an allocation from trace {trace:x}, but only {traces.Count:x} were listed");
        }

        if (size > LargestAllocation)
        {
            throw Malformed(offset, $"an allocation of {size} bytes");
        }

        if (allocationCount == allocations.Length)
        {
            Array.Resize(ref allocations, allocationCount * 2);
        }

        allocations[allocationCount++].Size = (long)size;
        allocationTraces.Add((uint)trace);
    }

    public void Allocate(uint index, long offset)
    {
        if (index >= (uint)allocationCount)
        {
            throw Malformed(offset, $"allocation {index:x}, but only {allocationCount:x} kinds were listed");
        }

        ref var allocation = ref allocations[index];
        KeepPeak(ref allocation);
        allocation.Calls++;
        allocation.Live++;
        live += allocation.Size;
        lastAllocated = index;
        if (live > peak)
        {
            if (live > long.MaxValue / 2)
            {
                throw Malformed(offset, "more bytes allocated than an address space has");
            }

            peak = live;
            peakStamp++;
        }
    }

    public void Free(uint index, long offset)
    {
        if (index >= (uint)allocationCount || allocations[index].Live == 0)
        {
            throw Malformed(offset, $"frees an allocation of kind {index:x}, of which none is live");
        }

        ref var allocation = ref allocations[index];
        KeepPeak(ref allocation);
        allocation.Live--;
        live -= allocation.Size;
        if (lastAllocated == index)
        {
            allocation.Temporary++;
        }

        // Heaptrack has no value for "none", so that frees of kind 0 after another free count as temporary there, and here.
        lastAllocated = 0;
    }

    /// <summary>Adds up the stacks.</summary>
    public AllocationProfile Build()
    {
        var builder = new AllocationProfileBuilder(Columns, allocationCount)
        {
            Header = new ProfileHeader
            {
                DefaultSampleType = SampleType.InUseSpace.Name,
                Duration = TimeSpan.FromMilliseconds(Math.Min(Milliseconds, LongestRun)),
                Comments = Comments(),
            },
        };
        var modules = AddModules(builder);
        var stack = new List<int>();
        var total = 0L;
        Span<long> values = stackalloc long[Columns.Length];
        for (var i = 0; i < allocationCount; i++)
        {
            ref var allocation = ref allocations[i];
            KeepPeak(ref allocation);
            if (allocation.Calls == 0)
            {
                continue;
            }

            AddStack(builder, modules, allocationTraces[i], stack);
            total += stack.Count;
            if (total > limits.MaxStackFrames)
            {
                throw Malformed(0, $"stacks of more than {limits.MaxStackFrames} frames together, which is refused");
            }

            values[0] = allocation.Calls;
            values[1] = allocation.Temporary;
            values[2] = allocation.PeakLive * allocation.Size;
            values[3] = allocation.Live;
            values[4] = allocation.Live * allocation.Size;
            builder.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stack), values);
        }

        return builder.Build();
    }

    /// <summary>
    /// Before a count changes: if there was a new peak since it last changed, it stood at that peak as it stands now.
    /// So the peak's composition is known after one pass, where copying all counts at each peak, or a second pass, would be needed.
    /// </summary>
    private void KeepPeak(ref Allocation allocation)
    {
        if (allocation.PeakStamp != peakStamp)
        {
            allocation.PeakStamp = peakStamp;
            allocation.PeakLive = allocation.Live;
        }
    }

    private void AddStack(AllocationProfileBuilder builder, int[] modules, uint trace, List<int> stack)
    {
        stack.Clear();
        // The allocator's own frames, innermost, say nothing.
        while (trace != 0 && InstructionOf(trace) is { IsAllocator: true })
        {
            trace = traces[(int)trace - 1].Parent;
        }

        while (trace != 0)
        {
            var row = traces[(int)trace - 1];
            if (row.Instruction != 0 && AddFrames(builder, modules, (int)row.Instruction - 1, stack))
            {
                return;
            }

            if (stack.Count > limits.MaxStackDepth)
            {
                throw Malformed(0, $"a stack of more than {limits.MaxStackDepth} frames, which is refused");
            }

            trace = row.Parent;
        }
    }

    private Instruction? InstructionOf(uint trace) =>
        traces[(int)trace - 1].Instruction is var number and > 0 ? instructions[(int)number - 1] : null;

    /// <returns>True where the callers are of no interest.</returns>
    private bool AddFrames(AllocationProfileBuilder builder, int[] modules, int index, List<int> stack)
    {
        var instruction = instructions[index];
        var end = index + 1 < instructions.Count ? instructions[index + 1].FirstFrame : frames.Count;
        var module = instruction.Module == 0 ? AllocationProfile.None : modules[instruction.Module - 1];
        if (instruction.FirstFrame == end)
        {
            // The address differs from run to run; the module is what can be compared.
            var function = builder.AddFunction(new Function("", ""));
            stack.Add(builder.AddFrame(new Frame(function, 0, IsInlined: false, instruction.Address, module)));
            return false;
        }

        for (var i = instruction.FirstFrame; i < end; i++)
        {
            var place = frames[i];
            var fullName = Text(place.Function);
            var name = SourceName.Shorten(fullName);
            var function = builder.AddFunction(
                new Function(name, Text(place.File), 0, name == fullName ? "" : fullName)
            );
            stack.Add(builder.AddFrame(new Frame(function, place.Line, i + 1 < end, instruction.Address, module)));
        }

        return Outermost.Contains(Text(frames[instruction.FirstFrame].Function));
    }

    /// <summary>The program comes first, as the file names it first.</summary>
    private int[] AddModules(AllocationProfileBuilder builder)
    {
        var modules = new int[texts.Count];
        Array.Fill(modules, AllocationProfile.None);
        foreach (var text in instructions.Select(i => i.Module).Where(m => m != 0).Distinct().Order())
        {
            modules[text - 1] = builder.AddModule(new Module(Text(text)) { HasFunctions = true });
        }

        return modules;
    }

    private List<string> Comments()
    {
        List<string> comments = [];
        if (Command.Length > 0)
        {
            comments.Add($"command: {Command}");
        }

        if (PeakResidentPages > 0)
        {
            comments.Add(
                string.Create(CultureInfo.InvariantCulture, $"peak resident set: {PeakResidentPages * PageSize} bytes")
            );
        }

        if (IsAttached)
        {
            comments.Add("heaptrack was attached to the running process: what was allocated before is not in it");
        }

        return comments;
    }

    private string Text(uint index) => index == 0 ? "" : texts[(int)index - 1];

    private uint TextIndex(ulong index, long offset) =>
        index <= (ulong)texts.Count
            ? (uint)index
            : throw Malformed(offset, $"text {index:x}, but only {texts.Count:x} were listed");

    private void CheckRoom(int count, long offset)
    {
        if (count >= limits.MaxRows)
        {
            throw Malformed(offset, $"a table of more than {limits.MaxRows} rows, which is refused");
        }
    }

    private static bool IsAllocator(string function) =>
        function.StartsWith("operator new(unsigned ", StringComparison.Ordinal)
        || function.StartsWith("operator new[](unsigned ", StringComparison.Ordinal);
}
