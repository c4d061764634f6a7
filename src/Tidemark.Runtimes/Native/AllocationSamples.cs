using System.Globalization;
using System.Runtime.InteropServices;
using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>Sampled allocations with their stacks: which are alive, and what was allocated in all.</summary>
/// <param name="symboliser">The process's objects.</param>
internal sealed class AllocationSamples(Symboliser symboliser)
{
    private static readonly SampleType[] Columns =
    [
        SampleType.InUseObjects,
        SampleType.InUseSpace,
        SampleType.AllocObjects,
        SampleType.AllocSpace,
    ];

    private readonly StackUnwinder unwinder = new(symboliser);
    private readonly List<ulong> addresses = [];
    private readonly Dictionary<ulong[], int> stackNumbers = new(new SequenceComparer());
    private readonly List<ulong[]> stacks = [];
    private readonly List<double> allocatedObjects = [];
    private readonly List<double> allocatedBytes = [];
    private List<Live> live = [];
    private ulong first;

    /// <param name="Number">The sample's number.</param>
    /// <param name="Slot">Where its address is remembered in the target.</param>
    /// <param name="Address">Its address.</param>
    /// <param name="Size">Its size, in bytes.</param>
    /// <param name="Objects">How many allocations it stands for.</param>
    /// <param name="Stack">Where it was allocated.</param>
    private readonly record struct Live(ulong Number, int Slot, ulong Address, long Size, double Objects, int Stack);

    public void Start(ulong number) => first = number;

    /// <summary>Adds what a hook has written down.</summary>
    /// <param name="header">The words of <c>struct sample</c> before its stack.</param>
    /// <param name="stack">The stack from the caller outwards.</param>
    /// <param name="period">Bytes between two samples, on average.</param>
    public void Add(ReadOnlySpan<ulong> header, ReadOnlySpan<byte> stack, long period)
    {
        var size = (long)header[2];
        // Each was seen with the odds 1 - exp(-size / period).
        var objects = size > 0 ? 1 / (1 - Math.Exp(-(double)size / period)) : 1;
        var number = StackOf(header, stack);
        allocatedObjects[number] += objects;
        allocatedBytes[number] += objects * size;
        if (header[3] < HookBlock.TableSlots)
        {
            live.Add(new Live(header[0], (int)header[3], header[1], size, objects, number));
        }
    }

    /// <summary>Drops the samples that were released.</summary>
    /// <param name="tableAddresses">The addresses that the target remembers, by slot.</param>
    /// <param name="tableNumbers">The number of the sample that each belongs to.</param>
    public void Forget(ReadOnlySpan<ulong> tableAddresses, ReadOnlySpan<ulong> tableNumbers)
    {
        var still = new List<Live>(live.Count);
        foreach (var sample in live)
        {
            if (tableAddresses[sample.Slot] == sample.Address && tableNumbers[sample.Slot] == sample.Number)
            {
                still.Add(sample);
            }
        }

        live = still;
    }

    /// <summary>The profile since the start.</summary>
    /// <param name="net">Bytes allocated less bytes released since then, by size class, counted exactly.</param>
    /// <param name="period">Bytes between two samples now.</param>
    /// <param name="takenAt">Now.</param>
    /// <param name="comments">What else is to be said.</param>
    /// <remarks>
    /// A full cache replaces old entries, which nobody saw allocated, by new ones: what is new there is no growth. So what is
    /// alive of one size counts only as far as there is more of that size than at the start. The same makes good for
    /// samples that were lost in a burst.
    /// </remarks>
    public AllocationProfile ToProfile(
        ReadOnlySpan<long> net,
        long period,
        DateTimeOffset takenAt,
        IReadOnlyList<string> comments
    )
    {
        var liveBytes = new double[stacks.Count];
        var liveObjects = new double[stacks.Count];
        var estimated = new double[HookBlock.SizeClasses];
        foreach (var sample in live)
        {
            estimated[HookBlock.SizeClass((ulong)sample.Size)] += sample.Objects * sample.Size;
        }

        foreach (var sample in live)
        {
            var sizeClass = HookBlock.SizeClass((ulong)sample.Size);
            var grown = Math.Max(0, net[sizeClass] / estimated[sizeClass]);
            liveObjects[sample.Stack] += grown * sample.Objects;
            liveBytes[sample.Stack] += grown * sample.Objects * sample.Size;
        }

        var header = new ProfileHeader
        {
            DefaultSampleType = SampleType.InUseSpace.Name,
            PeriodType = new SampleType("space", "bytes"),
            Period = period,
            TakenAt = takenAt,
            Comments = comments,
        };
        var builder = new AddressStacks(Columns, header, symboliser, stacks.Count);
        for (var s = 0; s < stacks.Count; s++)
        {
            builder.Add(
                stacks[s],
                [
                    (long)Math.Round(liveObjects[s]),
                    (long)Math.Round(liveBytes[s]),
                    (long)Math.Round(allocatedObjects[s]),
                    (long)Math.Round(allocatedBytes[s]),
                ]
            );
        }

        return builder.Build();
    }

    /// <summary>How many samples there were.</summary>
    public string Describe(ulong taken) =>
        string.Create(CultureInfo.InvariantCulture, $"{taken - first} allocations sampled, {live.Count} of them alive");

    private int StackOf(ReadOnlySpan<ulong> header, ReadOnlySpan<byte> stack)
    {
        Span<ulong> registers = stackalloc ulong[Symbols.Dwarf.FrameRow.Registers];
        registers.Clear();
        (registers[3], registers[StackUnwinder.FramePointer]) = (header[6], header[7]);
        (registers[12], registers[13], registers[14], registers[15]) = (header[8], header[9], header[10], header[11]);
        registers[StackUnwinder.StackPointer] = header[4];
        registers[StackUnwinder.ReturnAddress] = header[5];
        unwinder.Unwind(registers, new StackCopy(header[4], stack), addresses);
        if (addresses.Count > 0)
        {
            addresses[0]--; // the innermost one is a return address here, too
        }

        var lookup = stackNumbers.GetAlternateLookup<ReadOnlySpan<ulong>>();
        var words = CollectionsMarshal.AsSpan(addresses);
        if (!lookup.TryGetValue(words, out var number))
        {
            number = stacks.Count;
            stacks.Add(words.ToArray());
            lookup[words] = number;
            allocatedObjects.Add(0);
            allocatedBytes.Add(0);
        }

        return number;
    }

    private sealed class SequenceComparer
        : IEqualityComparer<ulong[]>,
            IAlternateEqualityComparer<ReadOnlySpan<ulong>, ulong[]>
    {
        public bool Equals(ulong[]? x, ulong[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<ulong> alternate, ulong[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ulong[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<ulong> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(MemoryMarshal.AsBytes(alternate));
            return hash.ToHashCode();
        }

        public ulong[] Create(ReadOnlySpan<ulong> alternate) => alternate.ToArray();
    }
}
