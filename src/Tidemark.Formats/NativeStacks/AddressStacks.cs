using Tidemark.Core.Allocation;
using Tidemark.Symbols;

namespace Tidemark.Formats.NativeStacks;

/// <summary>Builds a profile from stacks of addresses: each distinct address is named once.</summary>
public sealed class AddressStacks
{
    /// <summary>What one address stands for.</summary>
    /// <param name="FirstFrame">Where its frames begin in the list of all, innermost first.</param>
    /// <param name="FrameCount">How many they are: more than one where calls were put into each other.</param>
    /// <param name="IsAllocator">True where the allocator's own code is at work.</param>
    private readonly record struct Place(int FirstFrame, int FrameCount, bool IsAllocator);

    private readonly AllocationProfileBuilder builder;
    private readonly Symboliser symboliser;
    private readonly Dictionary<ulong, Place> places = [];
    private readonly List<int> placeFrames = [];
    private readonly Dictionary<int, int> modules = [];
    private readonly List<int> stack = [];
    private readonly string? program;

    public AddressStacks(SampleType[] columns, ProfileHeader header, Symboliser symboliser, int expectedStacks)
    {
        builder = new AllocationProfileBuilder(columns, expectedStacks) { Header = header };
        this.symboliser = symboliser;
        program = AddProgram();
    }

    /// <summary>Adds a stack.</summary>
    /// <param name="addresses">Return addresses, innermost first; the innermost is looked up as it stands, which is what pprof and jeprof do.</param>
    /// <param name="values">One value a column.</param>
    public void Add(ReadOnlySpan<ulong> addresses, ReadOnlySpan<long> values)
    {
        stack.Clear();
        for (var i = 0; i < addresses.Length; i++)
        {
            var place = PlaceOf(i == 0 ? addresses[i] : CallBefore(addresses[i]));
            if (place.IsAllocator)
            {
                stack.Clear(); // what is further in was called by the allocator
            }
            else
            {
                AddFrames(place);
            }
        }

        if (stack.Count == 0 && addresses.Length > 0)
        {
            AddFrames(PlaceOf(CallBefore(addresses[^1]))); // nothing but the allocator: its outermost frame is better than none
        }

        builder.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stack), values);
    }

    public AllocationProfile Build() => builder.Build();

    private void AddFrames(Place place)
    {
        for (var i = 0; i < place.FrameCount; i++)
        {
            stack.Add(placeFrames[place.FirstFrame + i]);
        }
    }

    private Place PlaceOf(ulong address)
    {
        if (!places.TryGetValue(address, out var place))
        {
            place = Resolve(address);
            places[address] = place;
        }

        return place;
    }

    /// <summary>A return address points behind its call: one byte before it is the call.</summary>
    private static ulong CallBefore(ulong address) => address > 0 ? address - 1 : 0;

    private Place Resolve(ulong call)
    {
        var first = placeFrames.Count;
        var mapping = symboliser.Map.IndexOf(call);
        var module = Module(mapping);
        var frames = symboliser.Resolve(call);
        var isAllocator = mapping >= 0 && AllocatorFrames.IsAllocatorLibrary(symboliser.Map.Mappings[mapping].Path);
        foreach (var frame in frames)
        {
            var function = builder.AddFunction(new Function(frame.Function, frame.File, 0, frame.SystemName));
            placeFrames.Add(builder.AddFrame(new Frame(function, frame.Line, frame.IsInlined, call, module)));
            isAllocator |= !frame.IsInlined && AllocatorFrames.IsAllocator(frame.Function);
        }

        if (frames.Count == 0)
        {
            var function = builder.AddFunction(new Function(Unnamed(call, mapping), ""));
            placeFrames.Add(builder.AddFrame(new Frame(function, 0, IsInlined: false, call, module)));
        }

        return new Place(first, placeFrames.Count - first, isAllocator);
    }

    /// <summary>An address without a name, by its library: the same in every process, so that two profiles can be compared.</summary>
    private string Unnamed(ulong address, int mapping)
    {
        if (mapping < 0)
        {
            return $"0x{address:x}";
        }

        var found = symboliser.Map.Mappings[mapping];
        return found.Path.Length == 0
            ? $"0x{address:x}"
            : $"{NameOf(found)}+0x{address - found.Start + found.Offset:x}";
    }

    private string NameOf(Mapping mapping) =>
        mapping.Path == program && symboliser.ProgramName is { } name ? name : Path.GetFileName(mapping.Path);

    /// <summary>The first module is taken for the program: the first file whose code is mapped, which lies below its libraries.</summary>
    /// <returns>The program's file; null where none is mapped.</returns>
    private string? AddProgram()
    {
        var mappings = symboliser.Map.Mappings;
        for (var m = 0; m < mappings.Count; m++)
        {
            if (mappings[m] is { IsFile: true, IsExecutable: true })
            {
                Module(m);
                return mappings[m].Path;
            }
        }

        return null;
    }

    private int Module(int mapping)
    {
        if (mapping < 0)
        {
            return AllocationProfile.None;
        }

        if (!modules.TryGetValue(mapping, out var module))
        {
            var found = symboliser.Map.Mappings[mapping];
            module = builder.AddModule(
                new Module(found.Path, symboliser.Open(found)?.Elf.BuildId ?? "", found.Start, found.End, found.Offset)
                {
                    HasFunctions = true,
                }
            );
            modules[mapping] = module;
        }

        return module;
    }
}
