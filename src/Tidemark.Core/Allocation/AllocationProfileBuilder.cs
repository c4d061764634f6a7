using System.Runtime.InteropServices;

namespace Tidemark.Core.Allocation;

/// <summary>The only way to an <see cref="AllocationProfile"/>: interns functions, frames, labels and stacks, and adds up their values.</summary>
public sealed class AllocationProfileBuilder
{
    private readonly SampleType[] sampleTypes;
    private readonly List<Module> modules = [];
    private readonly Interned<Function> functions = new();
    private readonly Interned<Frame> frames = new();
    private readonly List<Label[]> labelSets = [];
    private readonly Dictionary<Label[], int>.AlternateLookup<ReadOnlySpan<Label>> labelNumbers = new Dictionary<
        Label[],
        int
    >(new LabelSetComparer()).GetAlternateLookup<ReadOnlySpan<Label>>();

    private int[] stackStart;
    private int[] stackLabels;
    private int[] stackFrames = new int[1024];
    private readonly long[][] values;
    private int stackCount;

    // Open addressing over row numbers: row + 1 a slot, 0 where it is free, with the row's hash beside it.
    private int[] slots;
    private uint[] slotHashes;

    /// <param name="sampleTypes">The columns, at least one.</param>
    /// <param name="expectedStacks">Room to make beforehand, in stacks.</param>
    public AllocationProfileBuilder(IEnumerable<SampleType> sampleTypes, int expectedStacks = 256)
    {
        this.sampleTypes = [.. sampleTypes];
        ArgumentOutOfRangeException.ThrowIfZero(this.sampleTypes.Length, nameof(sampleTypes));
        var room = Math.Max(expectedStacks, 16);
        stackStart = new int[room + 1];
        stackLabels = new int[room];
        values = [.. this.sampleTypes.Select(_ => new long[room])];
        slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)room * 2)];
        slotHashes = new uint[slots.Length];
    }

    public ProfileHeader Header { get; set; } = new();

    public int StackCount => stackCount;

    /// <summary>How many frames all stacks have together.</summary>
    public int StackFrameCount => stackStart[stackCount];

    /// <returns>The module's number; equal modules are not merged.</returns>
    public int AddModule(Module module)
    {
        modules.Add(module);
        return modules.Count - 1;
    }

    /// <returns>The function's number; an equal one is found again.</returns>
    public int AddFunction(Function function) => functions.Add(function);

    /// <returns>The frame's number; an equal one is found again.</returns>
    public int AddFrame(Frame frame)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)frame.Function, (uint)functions.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame.Module, modules.Count);
        return frames.Add(frame);
    }

    /// <returns>The frame's number; an equal one is found again.</returns>
    public int AddFrame(string function, string file, int line) =>
        AddFrame(new Frame(AddFunction(new Function(function, file)), line));

    /// <returns>The number of this set of labels, <see cref="AllocationProfile.None"/> for the empty one; an equal one is found again.</returns>
    public int AddLabels(ReadOnlySpan<Label> labels)
    {
        if (labels.IsEmpty)
        {
            return AllocationProfile.None;
        }

        if (!labelNumbers.TryGetValue(labels, out var number))
        {
            number = labelSets.Count;
            labelNumbers[labels] = number;
            labelSets.Add(labels.ToArray());
        }

        return number;
    }

    /// <summary>Adds a stack with values of zero, or finds the one that was added before.</summary>
    /// <param name="stack">Frame numbers, innermost first.</param>
    /// <param name="labels">A number from <see cref="AddLabels"/>.</param>
    /// <returns>Its row.</returns>
    public int AddStack(ReadOnlySpan<int> stack, int labels = AllocationProfile.None)
    {
        var hash = Hash(stack, labels);
        var slot = FindSlot(stack, labels, hash);
        if (slots[slot] != 0)
        {
            return slots[slot] - 1;
        }

        foreach (var frame in stack)
        {
            if ((uint)frame >= (uint)frames.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(stack), frame, "no such frame was added");
            }
        }

        slots[slot] = stackCount + 1;
        slotHashes[slot] = hash;
        return Append(stack, labels);
    }

    /// <summary>Adds to one value of one stack.</summary>
    public void Add(int row, int sampleType, long value) => values[sampleType][row] += value;

    /// <summary>Adds to all values of a stack.</summary>
    /// <returns>Its row.</returns>
    public int Add(ReadOnlySpan<int> stack, ReadOnlySpan<long> stackValues, int labels = AllocationProfile.None)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(stackValues.Length, values.Length);
        var row = AddStack(stack, labels);
        for (var t = 0; t < values.Length; t++)
        {
            values[t][row] += stackValues[t];
        }

        return row;
    }

    /// <summary>Freezes the profile; the builder is not used afterwards.</summary>
    public AllocationProfile Build()
    {
        for (var t = 0; t < values.Length; t++)
        {
            Array.Resize(ref values[t], stackCount);
        }

        Array.Resize(ref stackLabels, stackCount);
        Array.Resize(ref stackFrames, stackStart[stackCount]);
        Array.Resize(ref stackStart, stackCount + 1);
        slots = [];
        slotHashes = [];
        return new AllocationProfile(
            Header,
            sampleTypes,
            modules,
            functions.ToArray(),
            frames.ToArray(),
            stackStart,
            stackFrames,
            stackLabels,
            [.. labelSets],
            values
        );
    }

    private int Append(ReadOnlySpan<int> stack, int labels)
    {
        var row = stackCount++;
        if (row == stackLabels.Length)
        {
            var room = checked(row * 2);
            Array.Resize(ref stackStart, room + 1);
            Array.Resize(ref stackLabels, room);
            for (var t = 0; t < values.Length; t++)
            {
                Array.Resize(ref values[t], room);
            }
        }

        var start = stackStart[row];
        var end = checked(start + stack.Length);
        if (end > stackFrames.Length)
        {
            Array.Resize(ref stackFrames, (int)Math.Min(Array.MaxLength, Math.Max(end, stackFrames.Length * 2L)));
        }

        stack.CopyTo(stackFrames.AsSpan(start));
        stackStart[row + 1] = end;
        stackLabels[row] = labels;
        if (stackCount * 2L > slots.Length)
        {
            GrowSlots();
        }

        return row;
    }

    private static uint Hash(ReadOnlySpan<int> stack, int labels)
    {
        var hash = (ulong)(uint)labels + 0x9E3779B97F4A7C15;
        foreach (var frame in stack)
        {
            hash = (hash ^ (uint)frame) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 32;
        }

        return (uint)(hash ^ (hash >> 29));
    }

    /// <summary>The slot that holds the stack, or the free one that it belongs into.</summary>
    private int FindSlot(ReadOnlySpan<int> stack, int labels, uint hash)
    {
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var row = slots[slot] - 1;
            if (
                row < 0
                || (
                    slotHashes[slot] == hash
                    && stackLabels[row] == labels
                    && stack.SequenceEqual(stackFrames.AsSpan(stackStart[row], stackStart[row + 1] - stackStart[row]))
                )
            )
            {
                return slot;
            }
        }
    }

    private void GrowSlots()
    {
        var (oldSlots, oldHashes) = (slots, slotHashes);
        slots = new int[oldSlots.Length * 2];
        slotHashes = new uint[slots.Length];
        var mask = slots.Length - 1;
        for (var i = 0; i < oldSlots.Length; i++)
        {
            if (oldSlots[i] == 0)
            {
                continue;
            }

            var slot = (int)oldHashes[i] & mask;
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            slots[slot] = oldSlots[i];
            slotHashes[slot] = oldHashes[i];
        }
    }

    private sealed class Interned<T>
        where T : struct, IEquatable<T>
    {
        private readonly Dictionary<T, int> numbers = [];
        private readonly List<T> items = [];

        public int Count => items.Count;

        public int Add(T item)
        {
            ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, item, out var known);
            if (!known)
            {
                number = items.Count;
                items.Add(item);
            }

            return number;
        }

        public T[] ToArray() => [.. items];
    }

    private sealed class LabelSetComparer
        : IEqualityComparer<Label[]>,
            IAlternateEqualityComparer<ReadOnlySpan<Label>, Label[]>
    {
        public bool Equals(Label[]? x, Label[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<Label> alternate, Label[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(Label[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<Label> alternate)
        {
            var hash = default(HashCode);
            foreach (var label in alternate)
            {
                hash.Add(label);
            }

            return hash.ToHashCode();
        }

        public Label[] Create(ReadOnlySpan<Label> alternate) => alternate.ToArray();
    }
}
