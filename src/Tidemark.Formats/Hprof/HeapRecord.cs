namespace Tidemark.Formats.Hprof;

/// <summary>Records inside of a heap dump that hold no object of the graph.</summary>
internal static class HeapRecord
{
    /// <summary>Bytes behind the tag of a record of fixed length; 0 where the tag is none of those.</summary>
    public static int FixedLength(HeapTag tag, int idSize) =>
        tag switch
        {
            HeapTag.RootUnknown
            or HeapTag.RootStickyClass
            or HeapTag.RootMonitorUsed
            or HeapTag.RootInternedString
            or HeapTag.RootFinalizing
            or HeapTag.RootDebugger
            or HeapTag.RootReferenceCleanup
            or HeapTag.RootVmInternal
            or HeapTag.Unreachable => idSize,
            HeapTag.RootJniGlobal => 2 * idSize,
            HeapTag.RootJniLocal or HeapTag.RootJavaFrame or HeapTag.RootThreadObject or HeapTag.RootJniMonitor =>
                idSize + 8,
            HeapTag.RootNativeStack or HeapTag.RootThreadBlock or HeapTag.HeapDumpInfo => idSize + 4,
            _ => 0,
        };

    /// <summary>Steps over a record that the first pass has found sound.</summary>
    public static void Skip(HprofCursor cursor, HeapTag tag)
    {
        if (tag == HeapTag.ClassDump)
        {
            _ = ClassDumpRecord.Read(cursor, out _);
        }
        else
        {
            cursor.Skip(FixedLength(tag, cursor.IdSize));
        }
    }
}
