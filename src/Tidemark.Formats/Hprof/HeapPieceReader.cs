using System.Runtime.CompilerServices;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>
/// The second pass over one piece: each object's shape and the objects that it refers to. Addresses are collected first and looked
/// up afterwards, so that the look-ups' cache misses overlap.
/// </summary>
internal sealed unsafe class HeapPieceReader(HeapContents contents, HeapTypes types) : IDisposable
{
    /// <summary>Addresses ahead of the one that is looked up.</summary>
    private const int Ahead = 12;

    /// <summary>So many addresses are looked up at once.</summary>
    private const int Batch = 1 << 14;

    private readonly HprofCursor cursor = new(contents.File.Handle, contents.IdSize, contents.File.BufferBytes);
    private readonly ArrayShapes.Cache arrays = new(types.Arrays);
    private readonly NativeList<ulong> addresses = new(contents.File.BufferBytes / 8);
    private readonly NativeList<int> pending = new(contents.File.BufferBytes / 16);
    private readonly NativeList<int> lengths = new(contents.File.BufferBytes / 16);
    private readonly NativeList<int> targets = new(contents.File.BufferBytes / 8);
    private readonly NativeList<int> shapes = new(contents.File.BufferBytes / 16);
    private readonly int idSize = contents.IdSize;

    /// <summary>References of the row under way that were looked up already.</summary>
    private int carried;

    /// <summary>Where the row under way begins among the addresses.</summary>
    private long rowStart;
    private JavaClass? lastClass;
    private ulong lastClassId = ulong.MaxValue;
    private ulong previous;
    private int previousClass = -1;
    private ulong previousArrayEnd;

    /// <summary>What distances between objects tell of their sizes.</summary>
    public ObjectGaps Gaps { get; } = new(contents.Classes.Count);

    public ReadOnlySpan<int> Shapes => shapes.Slice(0, (int)shapes.Count);

    public ReadOnlySpan<int> Lengths => lengths.Slice(0, (int)lengths.Count);

    public ReadOnlySpan<int> Targets => targets.Slice(0, (int)targets.Count);

    /// <summary>Weak, soft, phantom and finalizer references of the piece.</summary>
    public List<WeakReferenceEdge> Weak { get; } = [];

    public void Read(HeapPiece piece)
    {
        addresses.Clear();
        pending.Clear();
        lengths.Clear();
        targets.Clear();
        shapes.Clear();
        Weak.Clear();
        (previous, previousClass, previousArrayEnd) = (0, -1, 0);
        cursor.Open(piece.Start, piece.End);
        for (var node = piece.First; node < piece.First + piece.Count; )
        {
            Expect(1);
            var tag = (HeapTag)cursor.U1();
            switch (tag)
            {
                case HeapTag.InstanceDump:
                    ReadInstance(node++);
                    break;
                case HeapTag.ObjectArrayDump:
                    ReadObjectArray();
                    node++;
                    break;
                case HeapTag.PrimitiveArrayDump or HeapTag.PrimitiveArrayNoData:
                    ReadPrimitiveArray(tag);
                    node++;
                    break;
                default:
                    HeapRecord.Skip(cursor, tag);
                    break;
            }
        }

        LookUp();
    }

    public void Dispose()
    {
        cursor.Dispose();
        addresses.Dispose();
        pending.Dispose();
        lengths.Dispose();
        targets.Dispose();
        shapes.Dispose();
    }

    private void ReadInstance(int node)
    {
        var head = 2 * idSize + 8;
        Expect(head);
        var record = cursor.Take(head);
        var address = HprofCursor.IdAt(record, idSize);
        var classId = HprofCursor.IdAt(record + idSize + 4, idSize);
        var bytes = (int)HprofCursor.IdAt(record + head - 4, 4);
        if (classId != lastClassId)
        {
            lastClassId = classId;
            lastClass = contents.Classes.Find(classId);
        }

        Follow(address, lastClass?.Index ?? -1);
        if (lastClass is null)
        {
            shapes.Add(types.UnknownClass);
            cursor.Skip((uint)bytes);
            EndRow();
            return;
        }

        shapes.Add(lastClass.Index);
        if (bytes != lastClass.DataBytes)
        {
            // Another layout than the class tells: what the fields are is unknown.
            Gaps.Misfits++;
            cursor.Skip((uint)bytes);
            EndRow();
            return;
        }

        Expect(bytes);
        var data = cursor.Take(bytes);
        var offsets = lastClass.ReferenceOffsets;
        var to = addresses.Reserve(offsets.Length);
        var start = to;
        for (var i = 0; i < offsets.Length; i++)
        {
            var target = HprofCursor.IdAt(data + offsets[i], idSize);
            *to = target;
            to += target != 0 ? 1 : 0;
        }

        addresses.Advance(to - start);
        if (lastClass.Referent >= 0 || lastClass.IsThread)
        {
            ReadSpecial(node, address, data, start);
        }

        EndRow();
    }

    /// <summary>A reference object's referent does not count as held; a thread holds what its stack holds.</summary>
    private void ReadSpecial(int node, ulong address, byte* data, ulong* row)
    {
        var special = lastClass!;
        if (special.Referent >= 0)
        {
            var referent = HprofCursor.IdAt(data + special.ReferenceOffsets[special.Referent], idSize);
            if (referent != 0)
            {
                var before = 0;
                for (var i = 0; i < special.Referent; i++)
                {
                    before += HprofCursor.IdAt(data + special.ReferenceOffsets[i], idSize) != 0 ? 1 : 0;
                }

                RemoveFromRow(row, before);
                if (contents.Find(referent) is >= 0 and var target)
                {
                    Weak.Add(new WeakReferenceEdge(node, target, special.ReferentStrength));
                }
            }
        }

        if (special.IsThread && contents.Addresses.Find(address) == node)
        {
            foreach (var local in contents.Threads.LocalsOf(address))
            {
                addresses.Add(local.Object);
            }
        }
    }

    private void RemoveFromRow(ulong* row, int position)
    {
        var end = addresses.Reserve(0);
        for (var at = row + position; at + 1 < end; at++)
        {
            at[0] = at[1];
        }

        addresses.Pop();
    }

    private void ReadObjectArray()
    {
        var head = 2 * idSize + 8;
        Expect(head);
        var record = cursor.Take(head);
        var address = HprofCursor.IdAt(record, idSize);
        var elements = (uint)HprofCursor.IdAt(record + idSize + 4, 4);
        var type = types.ArrayType(HprofCursor.IdAt(record + idSize + 8, idSize));
        Follow(address, -1);
        previousArrayEnd = address + 16 + 8UL * elements;
        shapes.Add(arrays.Number(type, elements));
        for (var left = elements; left > 0; )
        {
            var some = (int)Math.Min(left, Batch);
            Expect(some * idSize);
            var data = cursor.Take(some * idSize);
            var to = addresses.Reserve(some);
            var start = to;
            for (var i = 0; i < some; i++)
            {
                var target = HprofCursor.IdAt(data + (long)i * idSize, idSize);
                *to = target;
                to += target != 0 ? 1 : 0;
            }

            addresses.Advance(to - start);
            left -= (uint)some;
            if (addresses.Count >= Batch)
            {
                LookUp();
            }
        }

        EndRow();
    }

    private void ReadPrimitiveArray(HeapTag tag)
    {
        Expect(idSize + 9);
        var record = cursor.Take(idSize + 9);
        var elements = (uint)HprofCursor.IdAt(record + idSize + 4, 4);
        var type = record[idSize + 8];
        Follow(HprofCursor.IdAt(record, idSize), -1);
        shapes.Add(arrays.Number(types.PrimitiveArrayType(type), elements));
        if (tag == HeapTag.PrimitiveArrayDump)
        {
            cursor.Skip(elements * (long)BasicType.Size(type, idSize));
        }

        EndRow();
    }

    /// <summary>Notes the distance from the object before to this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Follow(ulong address, int classIndex)
    {
        Gaps.AddressBits |= address;
        if (address > previous)
        {
            if (previousClass >= 0)
            {
                Gaps.Note(previousClass, (long)(address - previous));
            }
            else if (address < previousArrayEnd)
            {
                Gaps.HasCompressedReferences = true;
            }
        }

        previous = address;
        previousClass = classIndex;
        previousArrayEnd = 0;
    }

    private void EndRow()
    {
        pending.Add((int)(addresses.Count - rowStart));
        rowStart = addresses.Count;
        if (addresses.Count >= Batch)
        {
            LookUp();
        }
    }

    /// <summary>Looks the collected addresses up: whole rows, and what there is of the one under way.</summary>
    private void LookUp()
    {
        var count = addresses.Count;
        var from = count == 0 ? null : (ulong*)Unsafe.AsPointer(ref addresses[0]);
        var to = targets.Reserve(count);
        var begin = to;
        long i = 0;
        for (long row = 0; row < pending.Count; row++)
        {
            var start = to;
            LookUp(from, ref i, i + pending[row], count, ref to);
            lengths.Add((int)(to - start) + carried);
            carried = 0;
        }

        var rest = to;
        LookUp(from, ref i, count, count, ref to);
        carried += (int)(to - rest);
        targets.Advance(to - begin);
        addresses.Clear();
        pending.Clear();
        rowStart = 0;
    }

    private void LookUp(ulong* from, ref long i, long end, long count, ref int* to)
    {
        var table = contents.Addresses;
        for (; i < end; i++)
        {
            if (i + Ahead < count)
            {
                table.Prefetch(from[i + Ahead]);
            }

            var target = table.Find(from[i]);
            if (target < 0)
            {
                target = contents.Find(from[i]);
            }

            *to = target;
            to += target >= 0 ? 1 : 0;
        }
    }

    private void Expect(int bytes)
    {
        if (!cursor.Has(bytes))
        {
            throw contents.File.Malformed(cursor.Position, "the file became shorter while it was read");
        }
    }
}
