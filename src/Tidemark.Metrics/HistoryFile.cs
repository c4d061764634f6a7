using Tidemark.Core.Series;
using Tidemark.Metrics.Csv;
using Tidemark.Metrics.Mprof;

namespace Tidemark.Metrics;

/// <summary>The histories of one file, and what was strange about it.</summary>
/// <param name="Histories">One a process.</param>
/// <param name="Warnings">What was ignored or repaired, each a sentence.</param>
public sealed record HistoryFile(IReadOnlyList<ProcessHistory> Histories, IReadOnlyList<string> Warnings);

/// <summary>One history of a file.</summary>
/// <param name="History">The history.</param>
/// <param name="Labels">How the file tells its process from others; empty where it has only one.</param>
public sealed record FileHistory(ProcessHistory History, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The history of a file that has no labels.</summary>
    public FileHistory(ProcessHistory history)
        : this(history, new Dictionary<string, string>()) { }
}

/// <summary>One kind of file that holds histories, told by how it begins.</summary>
/// <param name="Name">Its name, such as <c>csv</c>.</param>
/// <param name="Recognises">Whether a file that begins with these bytes (up to 4 KiB) is of this kind.</param>
/// <param name="Read">Reads it, history after history: one with many of them is never held as a whole.</param>
public sealed record HistoryFormat(string Name, HistoryFormat.Recogniser Recognises, HistoryFormat.Reader Read)
{
    /// <summary>Whether a file begins as this kind does.</summary>
    public delegate bool Recogniser(ReadOnlySpan<byte> head);

    /// <summary>Reads a file of this kind.</summary>
    /// <param name="source">The file.</param>
    /// <param name="warn">Told of what was ignored or repaired, each a sentence.</param>
    public delegate IEnumerable<FileHistory> Reader(HistorySource source, Action<string> warn);
}

/// <summary>All kinds of history files, and the one way to read them.</summary>
public static class HistoryFormats
{
    /// <summary>In the order in which they are asked; CSV, which has no magic, stands last.</summary>
    public static IReadOnlyList<HistoryFormat> All { get; } = [MprofHistory.Format, CsvHistory.Format];

    /// <summary>Reads a history file, packed with gzip or not; its name without the endings is the target's.</summary>
    /// <exception cref="MalformedHistoryException">It is not a history or is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HistoryFile Read(string path)
    {
        var warnings = new List<string>();
        return new HistoryFile([.. ReadEach(path, warnings.Add).Select(h => h.History)], warnings);
    }

    /// <summary>The same history after history, as they are asked for: those of a large table do not stand in memory together.</summary>
    /// <param name="path">The file.</param>
    /// <param name="warn">Told of what was ignored or repaired, each a sentence.</param>
    public static IEnumerable<FileHistory> ReadEach(string path, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(warn);
        var source = new HistorySource(path);
        var head = source.ReadHead();
        foreach (var format in All)
        {
            if (format.Recognises(head))
            {
                return format.Read(source, warn);
            }
        }

        throw new MalformedHistoryException(
            $"{path}: not a history of a known format ({string.Join(", ", All.Select(f => f.Name))}); a CSV history begins with a header line that names 'time' and 'footprint_bytes', or 'time' and a column for each process"
        );
    }
}
