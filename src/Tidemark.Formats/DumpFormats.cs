using Tidemark.Formats.ClassHistogram;
using Tidemark.Formats.GoText;
using Tidemark.Formats.Heaptrack;
using Tidemark.Formats.Hprof;
using Tidemark.Formats.Jemalloc;
using Tidemark.Formats.Jfr;
using Tidemark.Formats.MallocInfo;
using Tidemark.Formats.Massif;
using Tidemark.Formats.MemoryProfiler;
using Tidemark.Formats.NetTrace;
using Tidemark.Formats.Pprof;
using Tidemark.Formats.PythonHeap;
using Tidemark.Formats.Smaps;
using Tidemark.Formats.Tcmalloc;
using Tidemark.Formats.Tracemalloc;
using Tidemark.Formats.V8;

namespace Tidemark.Formats;

/// <summary>All formats there are. The format is told by a file's first bytes, never by its name.</summary>
public static class DumpFormats
{
    /// <summary>In the order in which they are asked; a format whose mark is weak stands last.</summary>
    public static IReadOnlyList<IDumpFormat> All { get; } =
    [
        new HprofFormat(),
        new ClassHistogramFormat(),
        new JfrFormat(),
        new PythonHeapFormat(),
        new TracemallocFormat(),
        new V8SnapshotFormat(),
        new V8HeapProfileFormat(),
        new NetTraceFormat(),
        new GoTextFormat(),
        new GoStacksFormat(),
        new JemallocFormat(),
        new HeaptrackFormat(),
        new TcmallocFormat(),
        new MassifFormat(),
        new MallocInfoFormat(),
        new MemoryProfilerFormat(),
        new SmapsFormat(),
        new PprofFormat(),
    ];

    /// <summary>The format of a file, or null where none recognises it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IDumpFormat? Detect(DumpFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var raw = new byte[DumpHead.Size];
        using (var stream = file.OpenRaw())
        {
            Array.Resize(ref raw, stream.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false));
        }

        var content = raw;
        if (file.IsPacked)
        {
            content = new byte[DumpHead.Size];
            using var stream = file.OpenContent();
            try
            {
                Array.Resize(ref content, stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false));
            }
            catch (InvalidDataException)
            {
                content = raw;
            }
        }

        foreach (var format in All)
        {
            if (format.Recognises(new DumpHead(raw, content)))
            {
                return format;
            }
        }

        return null;
    }
}
