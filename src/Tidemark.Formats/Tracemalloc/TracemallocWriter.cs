using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>Writes snapshots as Python 3.8 to 3.14 dump them (pickle protocol 4), so that Python can load them again.</summary>
public static class TracemallocWriter
{
    private const int Batch = 1000;

    /// <summary>Writes a snapshot.</summary>
    /// <param name="snapshot">The traces.</param>
    /// <param name="stream">Receives the pickle; stays open.</param>
    /// <param name="withFrameCounts">Traces of four values, as Python writes them from 3.10 on, instead of three.</param>
    public static void Write(TracemallocSnapshot snapshot, Stream stream, bool withFrameCounts = true)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(stream);
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        var places = new Places(snapshot.Symbols);
        writer.Write((ushort)0x0480);
        Instance(writer, "Snapshot");
        writer.Write("}("u8);
        Text(writer, "traces");
        Instance(writer, "_Traces");
        writer.Write("}"u8);
        Text(writer, "_traces");
        writer.Write("]"u8);
        for (var from = 0; from < snapshot.Count; from += Batch)
        {
            writer.Write("("u8);
            for (var i = from; i < Math.Min(from + Batch, snapshot.Count); i++)
            {
                writer.Write("("u8);
                Number(writer, snapshot.Domain(i));
                Number(writer, snapshot.Size(i));
                places.Traceback(writer, snapshot.Traceback(i));
                if (withFrameCounts)
                {
                    Number(writer, snapshot.Symbols.Traceback(snapshot.Traceback(i)).Length);
                }

                writer.Write("t"u8);
            }

            writer.Write("e"u8);
        }

        writer.Write("sb"u8);
        Text(writer, "traceback_limit");
        Number(writer, snapshot.TracebackLimit);
        writer.Write("ub."u8);
    }

    private static void Instance(BinaryWriter writer, string type)
    {
        Text(writer, "tracemalloc");
        Text(writer, type);
        writer.Write([0x93, (byte)')', 0x81]);
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((byte)'X');
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static void Number(BinaryWriter writer, long number)
    {
        if (number <= int.MaxValue)
        {
            writer.Write((byte)'J');
            writer.Write((int)number);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        writer.Write((byte)0x8a);
        writer.Write((byte)8);
        writer.Write(bytes);
    }

    /// <summary>Where files, frames and tracebacks are remembered in the pickle's memo once they were written.</summary>
    private sealed class Places(TracemallocSymbols symbols)
    {
        private readonly Dictionary<(char, int), int> memo = [];

        public void Traceback(BinaryWriter writer, int traceback)
        {
            if (Recall(writer, ('t', traceback)))
            {
                return;
            }

            writer.Write("("u8);
            foreach (var frame in symbols.Traceback(traceback))
            {
                Frame(writer, frame);
            }

            writer.Write("t"u8);
            Remember(writer, ('t', traceback));
        }

        private void Frame(BinaryWriter writer, int frame)
        {
            if (Recall(writer, ('f', frame)))
            {
                return;
            }

            var file = symbols.FileOf(frame);
            if (!Recall(writer, ('n', file)))
            {
                Text(writer, symbols.File(file));
                Remember(writer, ('n', file));
            }

            Number(writer, symbols.LineOf(frame));
            writer.Write((byte)0x86);
            Remember(writer, ('f', frame));
        }

        private bool Recall(BinaryWriter writer, (char, int) what)
        {
            if (!memo.TryGetValue(what, out var place))
            {
                return false;
            }

            writer.Write((byte)'j');
            writer.Write(place);
            return true;
        }

        private void Remember(BinaryWriter writer, (char, int) what)
        {
            memo[what] = memo.Count;
            writer.Write((byte)0x94);
        }
    }
}
