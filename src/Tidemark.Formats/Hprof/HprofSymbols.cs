using System.Text;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>The dump's strings (names of classes, fields, methods): where they stand; they are read when they are asked for.</summary>
internal sealed class HprofSymbols(HprofFile file, HprofLimits limits) : IDisposable
{
    private readonly NativeList<Entry> entries = new();
    private bool sorted;

    public long Count => entries.Count;

    public void Add(ulong id, long offset, int length)
    {
        entries.Add(new Entry(id, offset, length));
        sorted = false;
    }

    /// <summary>The string of an identity, null where there is none.</summary>
    public string? Find(ulong id)
    {
        if (!sorted)
        {
            entries.Slice(0, (int)entries.Count).Sort((a, b) => a.Id.CompareTo(b.Id));
            sorted = true;
        }

        var at = entries.Slice(0, (int)entries.Count).BinarySearch(new Entry(id, 0, 0), EntryOrder.Instance);
        if (at < 0)
        {
            return null;
        }

        var bytes = new byte[Math.Min(entries[at].Length, limits.MaxTextBytes)];
        var read = RandomAccess.Read(file.Handle, bytes, entries[at].Offset);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, read));
    }

    public void Dispose() => entries.Dispose();

    private readonly record struct Entry(ulong Id, long Offset, int Length);

    private sealed class EntryOrder : IComparer<Entry>
    {
        public static EntryOrder Instance { get; } = new();

        public int Compare(Entry x, Entry y) => x.Id.CompareTo(y.Id);
    }
}
