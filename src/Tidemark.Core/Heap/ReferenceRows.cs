using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tidemark.Core.Heap;

/// <summary>
/// Who holds whom, as compressed sparse rows: all targets in one array, row after row. Where a row begins is told by the
/// start of its block of 16 rows and one byte of length for each row, which takes 1.5 bytes an object instead of 8.
/// </summary>
public sealed unsafe class ReferenceRows : IDisposable
{
    /// <summary>Rows a block.</summary>
    public const int BlockRows = 16;

    /// <summary>So many blocks are checked before they are let go; a power of two.</summary>
    private const int WindowBlocks = 1 << 14;

    /// <summary>The length byte of a row whose length is told in <see cref="Stored"/>'s wide rows.</summary>
    internal const byte Wide = 255;

    private readonly NativeArray<byte> lengths;
    private readonly NativeArray<long> blockStarts;
    private readonly NativeArray<int> targets;
    private readonly SortedList<int, int> wideRows;

    internal ReferenceRows(
        int rowCount,
        NativeArray<byte> lengths,
        NativeArray<long> blockStarts,
        NativeArray<int> targets,
        SortedList<int, int> wideRows
    )
    {
        RowCount = rowCount;
        this.lengths = lengths;
        this.blockStarts = blockStarts;
        this.targets = targets;
        this.wideRows = wideRows;
    }

    public int RowCount { get; }

    /// <summary>References in all rows.</summary>
    public long Count => targets.Length;

    /// <summary>The targets of one row, in the order of the dump.</summary>
    public ReadOnlySpan<int> this[int row]
    {
        get
        {
            if ((uint)row >= (uint)RowCount)
            {
                throw new ArgumentOutOfRangeException(nameof(row));
            }

            return new ReadOnlySpan<int>(targets.Pointer + Start(row), Length(row));
        }
    }

    /// <summary>All targets, for hot loops.</summary>
    internal int* Targets => targets.Pointer;

    /// <summary>The length bytes, for hot loops that look at rows before they need them.</summary>
    internal byte* Lengths => lengths.Pointer;

    /// <summary>The arrays as they are stored.</summary>
    public (
        NativeArray<byte> Lengths,
        NativeArray<long> BlockStarts,
        NativeArray<int> Targets,
        IReadOnlyDictionary<int, int> WideRows
    ) Stored => (lengths, blockStarts, targets, wideRows);

    /// <summary>The same rows in a store, as far as it takes them; these here are of no use afterwards.</summary>
    public ReferenceRows MoveTo(ArrayStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new ReferenceRows(
            RowCount,
            store.Put("row-lengths", lengths),
            store.Put("row-starts", blockStarts),
            store.Put("targets", targets),
            wideRows
        );
    }

    /// <summary>See <see cref="NativeArray{T}.Rest()"/>.</summary>
    public void Rest()
    {
        lengths.Rest();
        blockStarts.Rest();
        targets.Rest();
    }

    /// <summary>Gives the memory back; the rows are of no use afterwards.</summary>
    public void Dispose()
    {
        lengths.Dispose();
        blockStarts.Dispose();
        targets.Dispose();
    }

    /// <summary>Rows as they were stored.</summary>
    /// <exception cref="ArgumentException">The arrays do not fit together, or a target is not a row.</exception>
    public static ReferenceRows FromStored(
        int rowCount,
        NativeArray<byte> lengths,
        NativeArray<long> blockStarts,
        NativeArray<int> targets,
        IReadOnlyDictionary<int, int> wideRows
    )
    {
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentNullException.ThrowIfNull(blockStarts);
        ArgumentNullException.ThrowIfNull(targets);
        var blocks = (rowCount + BlockRows - 1) / BlockRows;
        if (lengths.Length < (long)blocks * BlockRows || blockStarts.Length < blocks)
        {
            throw new ArgumentException($"the arrays are too short for {rowCount} rows");
        }

        var rows = new ReferenceRows(
            rowCount,
            lengths,
            blockStarts,
            targets,
            new SortedList<int, int>(wideRows.ToDictionary())
        );
        rows.Check();
        rows.Rest();
        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Length(int row)
    {
        var length = lengths.Pointer[row];
        return length != Wide ? length : wideRows[row];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long Start(int row)
    {
        var before = row & (BlockRows - 1);
        var block = Vector128.Load(lengths.Pointer + (row - before)) & Before(before);
        if (Vector128.EqualsAny(block, Vector128<byte>.AllBitsSet) || !Sse2.IsSupported)
        {
            return StartBySum(row);
        }

        var sums = Sse2.SumAbsoluteDifferences(block, Vector128<byte>.Zero);
        return blockStarts.Pointer[row / BlockRows] + sums[0] + sums[4];
    }

    /// <summary>Checks that rows lie inside the targets, one behind the other, and that every target is a row.</summary>
    internal void Check()
    {
        long expected = 0;
        var blocks = wideRows.Count == 0 ? RowCount / BlockRows : 0;
        for (var block = 0; block < blocks; block++)
        {
            // Whole blocks of short rows, which is most of them, at once.
            if (blockStarts.Pointer[block] != expected)
            {
                throw new ArgumentException($"row {block * BlockRows} does not begin at {expected}");
            }

            expected += SumOfBlock(block);
            if ((block & (WindowBlocks - 1)) == 0 && block > 0)
            {
                lengths.Rest((block - WindowBlocks) * (long)BlockRows, WindowBlocks * BlockRows);
                blockStarts.Rest(block - WindowBlocks, WindowBlocks);
            }
        }

        for (var row = blocks * BlockRows; row < RowCount; row++)
        {
            if (row % BlockRows == 0 && blockStarts[row / BlockRows] != expected)
            {
                throw new ArgumentException($"row {row} does not begin at {expected}");
            }

            if (lengths[row] == Wide && !wideRows.ContainsKey(row))
            {
                throw new ArgumentException($"row {row} has no length");
            }

            expected += Length(row);
        }

        if (expected != targets.Length)
        {
            throw new ArgumentException($"rows end at {expected}, references at {targets.Length}");
        }

        if (targets.Length > 0 && targets.Highest() is var highest && highest >= (uint)RowCount)
        {
            throw new ArgumentException($"object {highest} is referred to but there are only {RowCount}");
        }
    }

    /// <summary>References of a block of rows that has no wide one.</summary>
    private long SumOfBlock(int block)
    {
        var own = Vector128.Load(lengths.Pointer + (long)block * BlockRows);
        if (Vector128.EqualsAny(own, Vector128<byte>.AllBitsSet))
        {
            throw new ArgumentException($"a row of block {block} has no length");
        }

        var (low, high) = Vector128.Widen(own);
        return Vector128.Sum(low + high);
    }

    /// <summary>A mask over the first rows of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Before(int count) =>
        Vector128.LessThan(
            Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            Vector128.Create((byte)count)
        );

    private long StartBySum(int row)
    {
        var start = blockStarts[row / BlockRows];
        for (var r = row / BlockRows * BlockRows; r < row; r++)
        {
            start += Length(r);
        }

        return start;
    }
}

/// <summary>Collects <see cref="ReferenceRows"/>, row after row.</summary>
public sealed class ReferenceRowsBuilder : IDisposable
{
    private readonly NativeList<byte> lengths;
    private readonly NativeList<long> blockStarts;
    private readonly NativeList<int> targets;
    private readonly SortedList<int, int> wideRows = [];
    private long rowStart;

    /// <param name="rowCapacity">Rows that are expected; more are taken too.</param>
    /// <param name="referenceCapacity">References that are expected; more are taken too.</param>
    public ReferenceRowsBuilder(long rowCapacity = 1024, long referenceCapacity = 1024)
        : this(rowCapacity, new NativeList<int>(referenceCapacity)) { }

    /// <summary>For targets that stand in the order of their rows already.</summary>
    public ReferenceRowsBuilder(long rowCapacity, NativeList<int> targets)
    {
        // Blocks are filled up in the end.
        var blocks = (rowCapacity + ReferenceRows.BlockRows - 1) / ReferenceRows.BlockRows;
        lengths = new NativeList<byte>(blocks * ReferenceRows.BlockRows);
        blockStarts = new NativeList<long>(blocks);
        this.targets = targets;
    }

    public int RowCount => (int)lengths.Count;

    public long ReferenceCount => targets.Count;

    /// <summary>Adds a reference to the row that is under way; the target may be a row that is still to come.</summary>
    public void Add(int target) => targets.Add(target);

    /// <summary>Ends the row that is under way; the next reference belongs to the next one.</summary>
    public void EndRow() => EndRow(checked((int)(targets.Count - rowStart)));

    /// <summary>Adds a run of whole rows.</summary>
    public void AddRows(ReadOnlySpan<int> rowLengths, ReadOnlySpan<int> rowTargets)
    {
        targets.AddRange(rowTargets);
        foreach (var length in rowLengths)
        {
            EndRow(length);
        }
    }

    /// <summary>Freezes the rows.</summary>
    /// <exception cref="ArgumentException">A target is not a row, or the rows' lengths do not add up to the references.</exception>
    public ReferenceRows Build()
    {
        var count = RowCount;
        while (lengths.Count % ReferenceRows.BlockRows != 0)
        {
            lengths.Add(0);
        }

        var rows = new ReferenceRows(count, lengths.ToArray(), blockStarts.ToArray(), targets.ToArray(), wideRows);
        rows.Check();
        return rows;
    }

    public void Dispose()
    {
        lengths.Dispose();
        blockStarts.Dispose();
        targets.Dispose();
    }

    /// <summary>Ends a row of references that are there already.</summary>
    public void EndRow(int length)
    {
        if (lengths.Count % ReferenceRows.BlockRows == 0)
        {
            blockStarts.Add(rowStart);
        }

        if (length >= ReferenceRows.Wide)
        {
            wideRows.Add(RowCount, length);
        }

        lengths.Add((byte)Math.Min(length, ReferenceRows.Wide));
        rowStart += length;
    }
}
