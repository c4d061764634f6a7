namespace Tidemark.Formats.Tracemalloc;

/// <summary>The file names, frames and tracebacks of one snapshot or of several that are to be compared: equal ones have equal numbers.</summary>
public sealed class TracemallocSymbols
{
    private readonly Dictionary<string, int> fileOf = new(StringComparer.Ordinal);
    private readonly List<string> files = [];
    private readonly Dictionary<long, int> frameOf = [];
    private readonly List<long> frames = [];

    public int FileCount => files.Count;

    public int FrameCount => frames.Count;

    public int TracebackCount => Tracebacks.Count;

    internal SequenceTable Tracebacks { get; } = new();

    public string File(int file) => files[file];

    public int FileOf(int frame) => (int)(frames[frame] >> 32);

    public int LineOf(int frame) => (int)frames[frame];

    /// <summary>A traceback's frames, newest first, as a snapshot's file has them.</summary>
    public ReadOnlySpan<int> Traceback(int traceback) => Tracebacks[traceback];

    internal int AddFile(string name)
    {
        if (!fileOf.TryGetValue(name, out var file))
        {
            fileOf[name] = file = files.Count;
            files.Add(name);
        }

        return file;
    }

    internal int AddFrame(int file, int line)
    {
        var key = ((long)file << 32) | (uint)line;
        if (!frameOf.TryGetValue(key, out var frame))
        {
            frameOf[key] = frame = frames.Count;
            frames.Add(key);
        }

        return frame;
    }

    /// <summary>Two frames in Python's order: by file name, then by line.</summary>
    internal int CompareFrames(int x, int y)
    {
        var order = string.CompareOrdinal(files[FileOf(x)], files[FileOf(y)]);
        return order != 0 ? order : LineOf(x).CompareTo(LineOf(y));
    }
}
