using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>What the heap has taken from the system, told by each collection since .NET 7 (event GCDynamic, name CommittedUsage).</summary>
public static class CommittedUsage
{
    private const string Name = "CommittedUsage";

    /// <summary>In use, about to be given back, free by heap, free for all heaps, and the collector's own tables.</summary>
    private const int Parts = 5;

    /// <summary>All parts together, in bytes; null for another event of this kind.</summary>
    public static double? Read(EventPayload payload)
    {
        if (payload.Utf16() != Name)
        {
            return null;
        }

        payload.UInt32(); // length of what follows
        payload.UInt16(); // version
        double sum = 0;
        for (var part = 0; part < Parts; part++)
        {
            sum += payload.UInt64();
        }

        return sum;
    }
}
