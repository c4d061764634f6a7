using Tidemark.Core.Heap;
using Tidemark.Formats;
using Tidemark.Formats.V8;

namespace Tidemark.Cli;

/// <summary>Opens capture files for the commands that ask questions to one.</summary>
public static class Capture
{
    /// <summary>Of a graph that stays in memory as a whole; that of a Java dump lies in its index.</summary>
    private const long MostMemoryKept = 256 << 20;

    /// <summary>Reads a capture of any known format.</summary>
    /// <exception cref="CommandFailedException">There is no such file, or it is of no known format.</exception>
    public static Snapshot Read(string path, Output output, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!System.IO.File.Exists(path))
        {
            throw new CommandFailedException($"{path}: no such file");
        }

        var file = DumpFile.Open(path);
        var format =
            DumpFormats.Detect(file)
            ?? throw new CommandFailedException(
                $"{path}: not a capture of a known format ({string.Join(", ", DumpFormats.All.Select(f => f.Name))})"
            );
        KeptMemory.MostBytes = format is V8SnapshotFormat ? MostMemoryKept : 0;
        var context = new ReadContext(progress: null, cancellation) { UsesIndex = output.UsesIndex };
        var snapshot = format.Read(file, context);
        foreach (var warning in snapshot.Warnings)
        {
            output.Say($"warning: {path}: {warning}");
        }

        return snapshot;
    }

    /// <summary>Reads a capture that must be an allocation profile.</summary>
    /// <exception cref="CommandFailedException">It is not there, or it is something else.</exception>
    public static ProfileSnapshot ReadProfile(string path, Output output, CancellationToken cancellation) =>
        Read(path, output, cancellation) as ProfileSnapshot
        ?? throw new CommandFailedException(
            $"{path}: a heap graph, which has no call stacks: ask histogram, dominators or paths"
        );
}
