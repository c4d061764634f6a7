using System.Text;

namespace Tidemark.Formats.Hprof;

/// <summary>A stack frame of a thread.</summary>
/// <param name="Method">The method's name's identity.</param>
/// <param name="Source">The source file's name's identity.</param>
/// <param name="ClassSerial">The class's serial number.</param>
/// <param name="Line">The line in the file; 0 or less where unknown.</param>
internal readonly record struct HprofFrame(ulong Method, ulong Source, uint ClassSerial, int Line);

/// <summary>A thread's stack, innermost first.</summary>
internal sealed record HprofTrace(uint ThreadSerial, ulong[] Frames);

/// <summary>A part of the file that holds objects.</summary>
internal readonly record struct HeapSegment(long Start, long End);

/// <summary>The file's top level: names, stacks, and where the objects stand.</summary>
internal sealed class HprofOutline : IDisposable
{
    private const int RecordHeader = 9;

    private readonly HprofFile file;
    private readonly ReadContext context;

    private HprofOutline(HprofFile file, HprofLimits limits, ReadContext context)
    {
        this.file = file;
        this.context = context;
        Symbols = new HprofSymbols(file, limits);
    }

    public int IdSize { get; private set; }

    public long FileLength => file.Length;

    public DateTimeOffset? TakenAt { get; private set; }

    public HprofSymbols Symbols { get; }

    /// <summary>The name's identity of each class, by the class's identity.</summary>
    public Dictionary<ulong, ulong> ClassNames { get; } = [];

    /// <summary>The identity of each class, by its serial number.</summary>
    public Dictionary<uint, ulong> ClassOfSerial { get; } = [];

    public Dictionary<ulong, HprofFrame> Frames { get; } = [];

    public Dictionary<uint, HprofTrace> Traces { get; } = [];

    public List<HeapSegment> Segments { get; } = [];

    /// <exception cref="MalformedDumpException">The header is not one, or nothing but damage follows it.</exception>
    public static HprofOutline Read(HprofFile file, HprofLimits limits, ReadContext context)
    {
        var outline = new HprofOutline(file, limits, context);
        outline.ReadRecords(outline.ReadHeader());
        return outline;
    }

    public void Dispose() => Symbols.Dispose();

    private long ReadHeader()
    {
        var head = new byte[64];
        var read = RandomAccess.Read(file.Handle, head, 0);
        var end = head.AsSpan(0, read).IndexOf((byte)0);
        var version = end < 0 ? "" : Encoding.ASCII.GetString(head, 0, end);
        if (version is not ("JAVA PROFILE 1.0.1" or "JAVA PROFILE 1.0.2" or "JAVA PROFILE 1.0.3"))
        {
            throw file.Malformed(0, "expected JAVA PROFILE 1.0.1, 1.0.2 or 1.0.3 and a zero byte");
        }

        if (read < end + 13)
        {
            throw file.Malformed(read, "the file ends inside of its header");
        }

        using var cursor = new HprofCursor(file.Handle, idSize: 8, capacity: 4096);
        cursor.Open(end + 1, end + 13);
        _ = cursor.Has(12);
        IdSize = (int)cursor.U4();
        if (IdSize is not (4 or 8))
        {
            throw file.Malformed(end + 1, $"identifiers of {IdSize} bytes, expected 4 or 8");
        }

        var taken = (long)cursor.U8();
        if (taken > 0 && taken < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            TakenAt = DateTimeOffset.FromUnixTimeMilliseconds(taken);
        }

        return end + 13;
    }

    private void ReadRecords(long offset)
    {
        var isOpen = false;
        using var cursor = new HprofCursor(file.Handle, IdSize, Math.Min(file.BufferBytes, 1 << 15));
        cursor.Open(offset, file.Length);
        while (cursor.Remaining > 0)
        {
            offset = cursor.Position;
            if (!cursor.Has(RecordHeader))
            {
                context.Warn($"the file ends inside of a record's head at byte {offset}");
                return;
            }

            var tag = (RecordTag)cursor.U1();
            cursor.Skip(4);
            long length = cursor.U4();
            var body = offset + RecordHeader;
            if (!Enum.IsDefined(tag))
            {
                if (Segments.Count == 0)
                {
                    throw file.Malformed(offset, $"unknown record 0x{(byte)tag:x2}");
                }

                context.Warn($"unknown record 0x{(byte)tag:x2} at byte {offset}: what follows was not read");
                return;
            }

            var end = body + length;
            if (tag is RecordTag.HeapDump or RecordTag.HeapDumpSegment)
            {
                end = AddSegment(body, length, tag);
                isOpen = tag == RecordTag.HeapDumpSegment;
            }
            else if (end > file.Length)
            {
                context.Warn($"the file ends inside of the record at byte {offset}: it is cut off");
                return;
            }
            else if (!ReadRecord(tag, cursor, body, length))
            {
                context.Warn($"the record at byte {offset} is too short for what it should hold");
            }

            isOpen &= tag != RecordTag.HeapDumpEnd;
            cursor.Skip(end - cursor.Position);
            context.Cancellation.ThrowIfCancellationRequested();
        }

        if (isOpen)
        {
            context.Warn("the file ends without the record that ends a heap dump: objects may be missing");
        }
    }

    /// <returns>Where the next record begins.</returns>
    private long AddSegment(long body, long length, RecordTag tag)
    {
        var end = body + length;

        // A dump in one record of more than 4 GB has its length modulo 2^32, and none is written where the JVM died meanwhile.
        while (tag == RecordTag.HeapDump && end < file.Length && !BeginsRecord(end))
        {
            end = Math.Min(file.Length, end + (1L << 32));
        }

        if (end > file.Length)
        {
            context.Warn($"the file ends {end - file.Length:N0} bytes before its objects do: it is cut off");
            end = file.Length;
        }

        Segments.Add(new HeapSegment(body, end));
        return end;
    }

    private bool BeginsRecord(long offset)
    {
        using var cursor = new HprofCursor(file.Handle, IdSize, capacity: 4096);
        cursor.Open(offset, file.Length);
        if (!cursor.Has(RecordHeader))
        {
            return false;
        }

        var tag = (RecordTag)cursor.U1();
        cursor.Skip(4);
        return Enum.IsDefined(tag) && offset + RecordHeader + cursor.U4() <= file.Length;
    }

    private bool ReadRecord(RecordTag tag, HprofCursor cursor, long body, long length)
    {
        switch (tag)
        {
            case RecordTag.String:
                if (length < IdSize || !cursor.Has(IdSize))
                {
                    return false;
                }

                Symbols.Add(cursor.Id(), body + IdSize, (int)(length - IdSize));
                return true;
            case RecordTag.LoadClass:
                if (length < 8 + 2 * IdSize || !cursor.Has(8 + 2 * IdSize))
                {
                    return false;
                }

                var classSerial = cursor.U4();
                var classId = cursor.Id();
                cursor.Skip(4);
                ClassNames[classId] = cursor.Id();
                ClassOfSerial[classSerial] = classId;
                return true;
            case RecordTag.Frame:
                if (length < 8 + 4 * IdSize || !cursor.Has(8 + 4 * IdSize))
                {
                    return false;
                }

                var frame = cursor.Id();
                var method = cursor.Id();
                cursor.Skip(IdSize);
                Frames[frame] = new HprofFrame(method, cursor.Id(), cursor.U4(), (int)cursor.U4());
                return true;
            case RecordTag.Trace:
                return ReadTrace(cursor, length);
            default:
                return true;
        }
    }

    private bool ReadTrace(HprofCursor cursor, long length)
    {
        if (length < 12 || !cursor.Has(12))
        {
            return false;
        }

        var serial = cursor.U4();
        var thread = cursor.U4();
        var count = cursor.U4();
        if (12 + count * (long)IdSize > length)
        {
            return false;
        }

        var frames = new ulong[count];
        for (var i = 0; i < frames.Length; i++)
        {
            if (!cursor.Has(IdSize))
            {
                return false;
            }

            frames[i] = cursor.Id();
        }

        Traces[serial] = new HprofTrace(thread, frames);
        return true;
    }
}
