using System.Runtime.CompilerServices;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Hashes the contents of all arrays of primitives, in one pass over the file.</summary>
internal static class ArrayContents
{
    private const int Portion = 1 << 17;

    public static void Visit(HeapContents contents, ContentVisitor visit, CancellationToken cancellation)
    {
        using var cursor = new HprofCursor(contents.File.Handle, contents.IdSize, contents.File.BufferBytes);
        foreach (var piece in contents.Pieces)
        {
            cancellation.ThrowIfCancellationRequested();
            cursor.Open(piece.Start, piece.End);
            for (var node = piece.First; node < piece.First + piece.Count; )
            {
                node += ReadRecord(cursor, contents, node, visit);
            }
        }
    }

    /// <returns>1 for an object, 0 for another record.</returns>
    private static int ReadRecord(HprofCursor cursor, HeapContents contents, int node, ContentVisitor visit)
    {
        var idSize = contents.IdSize;
        Expect(1);
        var tag = (HeapTag)cursor.U1();
        switch (tag)
        {
            case HeapTag.InstanceDump:
                Expect(2 * idSize + 8);
                cursor.Skip(2 * idSize + 4);
                cursor.Skip(cursor.U4());
                return 1;
            case HeapTag.ObjectArrayDump:
                Expect(2 * idSize + 8);
                cursor.Skip(idSize + 4);
                var references = cursor.U4();
                cursor.Skip(idSize + references * (long)idSize);
                return 1;
            case HeapTag.PrimitiveArrayDump or HeapTag.PrimitiveArrayNoData:
                Expect(idSize + 9);
                cursor.Skip(idSize + 4);
                var elements = cursor.U4();
                var bytes = elements * (long)BasicType.Size(cursor.U1(), idSize);
                if (tag == HeapTag.PrimitiveArrayDump)
                {
                    visit(node, Hash(bytes));
                }

                return 1;
            default:
                HeapRecord.Skip(cursor, tag);
                return 0;
        }

        ulong Hash(long bytes)
        {
            var hash = (ulong)bytes * 0x9E3779B97F4A7C15 + 1;
            for (var left = bytes; left > 0; )
            {
                var some = (int)Math.Min(left, Portion);
                Expect(some);
                hash = Add(hash, cursor, some);
                left -= some;
            }

            return hash;
        }

        void Expect(int bytes)
        {
            if (!cursor.Has(bytes))
            {
                throw contents.File.Malformed(cursor.Position, "the file became shorter while it was read");
            }
        }
    }

    /// <summary>Eight bytes a step, folded multiplication.</summary>
    private static unsafe ulong Add(ulong hash, HprofCursor cursor, int bytes)
    {
        var data = cursor.Take(bytes);
        var end = data + bytes;
        for (; end - data >= 8; data += 8)
        {
            hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(data));
        }

        ulong rest = 0;
        for (; data < end; data++)
        {
            rest = (rest << 8) | *data;
        }

        return Fold(hash ^ rest);
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, 0xA0761D6478BD642F, out var low);
        return high ^ low;
    }
}
