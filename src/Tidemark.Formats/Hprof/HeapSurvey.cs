using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Some objects that stand together in the file: the unit of work, and the place from which one object is found again.</summary>
/// <param name="Start">The first record's offset.</param>
/// <param name="End">Behind the last one.</param>
/// <param name="First">The number of the first object.</param>
/// <param name="Count">How many objects there are.</param>
internal readonly record struct HeapPiece(long Start, long End, int First, int Count);

/// <summary>A root as it is dumped.</summary>
/// <param name="Tag">Its kind.</param>
/// <param name="Object">The object's identity.</param>
/// <param name="ThreadSerial">The thread's serial number, where the kind has one.</param>
/// <param name="Number">The frame's number in the thread's stack, or the serial number of the thread's stack, where the kind has one.</param>
internal readonly record struct HprofRoot(HeapTag Tag, ulong Object, uint ThreadSerial, int Number);

/// <summary>Objects with ascending addresses inside of one block of the <see cref="AddressTable"/>.</summary>
/// <param name="From">The lowest address.</param>
/// <param name="First">The number of the object that stands there.</param>
/// <param name="Count">How many objects there are.</param>
/// <param name="Extent">From the lowest address to the highest one.</param>
internal readonly record struct AddressRun(ulong From, int First, ushort Count, ushort Extent)
{
    public ulong Block => From >> AddressTable.BlockShift;

    public ulong To => From + Extent;
}

/// <summary>What the first pass found in one segment; objects are numbered from the segment's first.</summary>
internal sealed class SurveyFindings
{
    /// <summary>How many objects there are, classes apart.</summary>
    public long Count { get; set; }

    public List<HeapPiece> Pieces { get; } = [];

    public List<JavaClass> Classes { get; } = [];

    public List<HprofRoot> Roots { get; } = [];

    public List<AddressRun> Runs { get; } = [];

    /// <summary>True where the objects do not stand in the order of their addresses, by far.</summary>
    public bool IsUnordered { get; set; }

    /// <summary>The addresses of the objects, where they have to be listed.</summary>
    public NativeList<ulong>? Listed { get; set; }

    /// <summary>What is wrong in this segment; what follows it in the segment was not read.</summary>
    public string? Damage { get; set; }

    public long DamageOffset { get; set; }
}

/// <summary>The first pass over a segment: which objects there are and at what addresses, classes, and roots.</summary>
internal sealed unsafe class HeapSurvey(HprofFile file, int idSize, HprofLimits limits, AddressTable addresses)
    : IDisposable
{
    private readonly HprofCursor cursor = new(file.Handle, idSize, file.BufferBytes);
    private SurveyFindings found = new();
    private int maxRuns;
    private int count;
    private ulong previous;
    private ulong block;
    private ulong runFrom;
    private int runFirst;
    private ulong word;
    private ulong mask;
    private long pieceStart;
    private int pieceFirst;

    public SurveyFindings Survey(HeapSegment segment, bool list, CancellationToken cancellation)
    {
        found = new SurveyFindings { Listed = list ? new NativeList<ulong>() : null };
        maxRuns = (int)Math.Min(int.MaxValue, 1024 + (segment.End - segment.Start) / 1024);
        count = runFirst = pieceFirst = 0;
        previous = 0;
        block = word = ulong.MaxValue;
        mask = 0;
        pieceStart = segment.Start;
        cursor.Open(segment.Start, segment.End);
        while (cursor.Remaining > 0 && (list || !addresses.MustList))
        {
            var offset = cursor.Position;
            if (offset - pieceStart >= limits.PieceBytes && count > pieceFirst)
            {
                EndPiece(offset);
                cancellation.ThrowIfCancellationRequested();
            }

            if (ReadRecord() is { } problem)
            {
                found.Damage = problem;
                found.DamageOffset = offset;
                EndPiece(offset);
                break;
            }
        }

        if (found.Damage is null)
        {
            EndPiece(cursor.Position);
        }

        EndRun();
        Flush();
        found.Count = count;
        return found;
    }

    public void Dispose() => cursor.Dispose();

    /// <returns>Null, or what is wrong with the record.</returns>
    private string? ReadRecord()
    {
        if (!cursor.Has(1))
        {
            return "the data ends";
        }

        var tag = (HeapTag)cursor.U1();
        switch (tag)
        {
            case HeapTag.InstanceDump:
                return ReadInstance();
            case HeapTag.ObjectArrayDump:
                return ReadArray(afterCount: idSize, elementSize: idSize);
            case HeapTag.PrimitiveArrayDump or HeapTag.PrimitiveArrayNoData:
                return ReadPrimitiveArray(tag);
            case HeapTag.ClassDump:
                var read = ClassDumpRecord.Read(cursor, out var problem);
                if (read is not null)
                {
                    found.Classes.Add(read);
                }

                return problem;
            default:
                return ReadRoot(tag);
        }
    }

    private string? ReadInstance()
    {
        var head = 2 * idSize + 8;
        if (!cursor.Has(head))
        {
            return "the data ends inside of an object";
        }

        var record = cursor.Take(head);
        var bytes = (uint)HprofCursor.IdAt(record + head - 4, 4);
        if (bytes > cursor.Remaining)
        {
            return $"an object of {bytes:N0} bytes, more than there are";
        }

        Note(HprofCursor.IdAt(record, idSize));
        cursor.Skip(bytes);
        return null;
    }

    private string? ReadPrimitiveArray(HeapTag tag)
    {
        if (!cursor.Has(idSize + 9))
        {
            return "the data ends inside of an array";
        }

        var record = cursor.Take(0);
        var type = record[idSize + 8];
        var size = BasicType.Name(type) is null ? 0 : BasicType.Size(type, idSize);
        if (size == 0)
        {
            return $"an array of unknown type {type}";
        }

        return ReadArray(afterCount: 1, tag == HeapTag.PrimitiveArrayDump ? size : 0);
    }

    private string? ReadArray(int afterCount, int elementSize)
    {
        var head = idSize + 8 + afterCount;
        if (!cursor.Has(head))
        {
            return "the data ends inside of an array";
        }

        var record = cursor.Take(head);
        var elements = (uint)HprofCursor.IdAt(record + idSize + 4, 4);
        var bytes = elements * (long)elementSize;
        if (bytes > cursor.Remaining)
        {
            return $"an array of {elements:N0} elements, more than there are";
        }

        Note(HprofCursor.IdAt(record, idSize));
        cursor.Skip(bytes);
        return null;
    }

    private string? ReadRoot(HeapTag tag)
    {
        var length = HeapRecord.FixedLength(tag, idSize);
        if (length == 0)
        {
            return $"unknown heap record 0x{(byte)tag:x2}";
        }

        if (!cursor.Has(length))
        {
            return "the data ends inside of a root";
        }

        var end = cursor.Position + length;
        if (tag is not (HeapTag.HeapDumpInfo or HeapTag.Unreachable))
        {
            var id = cursor.Id();
            var hasNumber = length == idSize + 8 && tag != HeapTag.RootJniGlobal;
            var thread = hasNumber || tag is HeapTag.RootNativeStack or HeapTag.RootThreadBlock ? cursor.U4() : 0;
            found.Roots.Add(new HprofRoot(tag, id, thread, hasNumber ? (int)cursor.U4() : -1));
        }

        cursor.Skip(end - cursor.Position);
        return null;
    }

    private void Note(ulong address)
    {
        if (found.Listed is not null)
        {
            found.Listed.Add(address);
            count++;
            return;
        }

        if (!AddressTable.Suits(address))
        {
            addresses.GiveUp();
            return;
        }

        if (address >> AddressTable.BlockShift != block || address <= previous)
        {
            EndRun();
            block = address >> AddressTable.BlockShift;
            runFrom = address;
            runFirst = count;
        }

        if (address >> 9 != word)
        {
            Flush();
            word = address >> 9;
        }

        mask |= 1UL << ((int)(address >> 3) & 63);
        previous = address;
        count++;
    }

    private void Flush()
    {
        if (mask != 0)
        {
            addresses.Mark(word << 6, mask);
            mask = 0;
        }
    }

    private void EndRun()
    {
        if (count == runFirst || found.IsUnordered || found.Listed is not null)
        {
            return;
        }

        if (found.Runs.Count >= maxRuns)
        {
            found.IsUnordered = true;
            found.Runs.Clear();
            return;
        }

        found.Runs.Add(new AddressRun(runFrom, runFirst, (ushort)(count - runFirst), (ushort)(previous - runFrom)));
    }

    private void EndPiece(long offset)
    {
        if (count > pieceFirst)
        {
            found.Pieces.Add(new HeapPiece(pieceStart, offset, pieceFirst, count - pieceFirst));
        }

        pieceStart = offset;
        pieceFirst = count;
    }
}
