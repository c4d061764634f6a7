namespace Tidemark.Formats.NetTrace;

/// <summary>The header of one event; in the compressed form it carries over from one event of a block to the next.</summary>
internal struct EventHeader
{
    private int payloadSize;

    public uint MetadataId { get; private set; }

    public uint SequenceNumber { get; private set; }

    public long CaptureThread { get; private set; }

    public long Thread { get; private set; }

    public long Timestamp { get; private set; }

    /// <summary>Reads a header of the compressed form.</summary>
    /// <returns>The event's payload.</returns>
    public EventPayload ReadCompressed(ref EventPayload content)
    {
        var flags = content.Byte();
        if ((flags & 1) != 0)
        {
            MetadataId = content.VarUInt32();
        }

        if ((flags & 2) != 0)
        {
            SequenceNumber += content.VarUInt32();
            CaptureThread = (long)content.VarUInt64();
            content.VarUInt32(); // processor
        }

        if (MetadataId != 0)
        {
            SequenceNumber++;
        }

        if ((flags & 4) != 0)
        {
            Thread = (long)content.VarUInt64();
        }

        if ((flags & 8) != 0)
        {
            content.VarUInt32(); // stack
        }

        Timestamp += (long)content.VarUInt64();
        if ((flags & 16) != 0)
        {
            content.Take(16); // activity
        }

        if ((flags & 32) != 0)
        {
            content.Take(16); // related activity
        }

        if ((flags & 128) != 0)
        {
            payloadSize = (int)content.VarUInt32();
        }

        return content.Part(payloadSize);
    }

    /// <summary>Reads a header of the plain form.</summary>
    /// <returns>The event's payload.</returns>
    public EventPayload ReadPlain(ref EventPayload content)
    {
        var rest = content.Part(content.Int32());
        MetadataId = rest.UInt32() & int.MaxValue;
        SequenceNumber = rest.UInt32();
        Thread = rest.Int64();
        CaptureThread = rest.Int64();
        rest.Take(8); // processor and stack
        Timestamp = rest.Int64();
        rest.Take(32); // activity and related activity
        payloadSize = rest.Int32();
        var payload = rest.Part(payloadSize);
        content.Take(Math.Min(content.Remaining, (int)(-content.Offset & 3)));
        return payload;
    }
}
