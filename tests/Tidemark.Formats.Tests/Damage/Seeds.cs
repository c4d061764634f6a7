using System.IO.Compression;
using System.Text;
using Tidemark.Formats.Tests.ClassHistogram;
using Tidemark.Formats.Tests.Clr;
using Tidemark.Formats.Tests.GoText;
using Tidemark.Formats.Tests.Heaptrack;
using Tidemark.Formats.Tests.Hprof;
using Tidemark.Formats.Tests.Jfr;
using Tidemark.Formats.Tests.MallocInfo;
using Tidemark.Formats.Tests.Massif;
using Tidemark.Formats.Tests.MemoryProfiler;
using Tidemark.Formats.Tests.NativeStacks;
using Tidemark.Formats.Tests.Pprof;
using Tidemark.Formats.Tests.PythonHeap;
using Tidemark.Formats.Tests.Smaps;
using Tidemark.Formats.Tests.Tracemalloc;
using Tidemark.Formats.Tests.V8;

namespace Tidemark.Formats.Tests.Damage;

/// <summary>Small sound files of every format, to be damaged.</summary>
internal static class Seeds
{
    /// <summary>Dumped by Python 3.13: other opcodes for the same things than our writer's.</summary>
    private const string DumpedByPython =
        "gAWVBgEAAAAAAACMC3RyYWNlbWFsbG9jlIwIU25hcHNob3SUk5QpgZR9lCiMBnRyYWNlc5RoAIwHX1RyYWNlc5STlCmBlH2UjAdfdHJhY2VzlF2UKChLAEsojAkv"
        + "c3J2L2EucHmUSwGGlIwJL3Nydi9iLnB5lE0sAYaUhpRLAnSUKEsATVQBaAxLAoaUaA+GlEsCdJQoSwBNgAJoDEsDhpRoD4aUSwJ0lChLAE2sA2gQSwJ0lChL"
        + "AE3YBGgTSwJ0lChLAE0EBmgWSwJ0lChLAE0wB2gQSwJ0lChLB0pwEQEAaBBLAnSUKEsAigUAAAAAAmgTSwl0lGVzYowPdHJhY2ViYWNrX2xpbWl0lEsCdWIu";

    public static IReadOnlyList<byte[]> Of(string format) =>
        format switch
        {
            "hprof" =>
            [
                HprofSample.Shop().ToArray(),
                HprofSample.Shop(4, "1.0.1").ToArray(),
                HprofSample.Shop(8, "1.0.3", inSegments: true).ToArray(),
                Packed(HprofSample.Shop().ToArray()),
                HprofSample.Everything().ToArray(),
                HprofSample.Everything(4).ToArray(),
                HprofSample.Everything(shift: 4).ToArray(),
            ],
            "class-histogram" => [Bytes(ClassHistogramTests.Table)],
            "jfr" => [Recording()],
            "python-heap" => [PythonHeapTests.Shop(), PythonHeapTests.Shop(collectorIsOn: false)],
            "tracemalloc" =>
            [
                TracemallocTests.Bytes(TracemallocTests.Sample(6, 40)),
                Convert.FromBase64String(DumpedByPython),
                Packed(Convert.FromBase64String(DumpedByPython)),
            ],
            "heapsnapshot" => [V8DamageTests.Whole(), V8DuplicatesTests.Strings()],
            "heapprofile" => [Bytes(V8HeapProfileTests.Profile)],
            "nettrace" => [HeapTraceTests.Sample().Dump().ToBytes()],
            "go-text" => [Bytes(GoTextTests.Heap)],
            "go-stacks" => [Bytes(GoTextTests.Stacks)],
            "jemalloc" => [Bytes(HeapProfileTests.Jemalloc)],
            "tcmalloc" =>
            [
                Bytes(HeapProfileTests.Tcmalloc),
                Bytes(HeapProfileTests.Tcmalloc.Replace("heapprofile", "heap_v2/524288", StringComparison.Ordinal)),
                Bytes(HeapProfileTests.Tcmalloc.Replace("heapprofile", "growthz", StringComparison.Ordinal)),
            ],
            "heaptrack" =>
            [
                Bytes(HeaptrackTests.Data),
                Packed(Bytes(HeaptrackTests.Data)),
                Bytes(HeaptrackTests.Data.Replace("v 10400 3", "v 10300 2", StringComparison.Ordinal)),
            ],
            "massif" => [Bytes(MassifTests.Data)],
            "memory-profiler" => [Bytes(MemoryProfilerTests.Data)],
            "malloc-info" => [Bytes(MallocInfoTests.Data)],
            "smaps" => [Bytes(SmapsTests.Data)],
            "pprof" => [MalformedPprofTests.Unpacked(), Packed(MalformedPprofTests.Unpacked())],
            _ => throw new ArgumentException($"no sample of {format}: add one, so that it is damaged too"),
        };

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            zip.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Recording()
    {
        var recording = new JfrRecording();
        var stack = recording.AddStack(("java/util/Arrays", "copyOf", 12), ("com/acme/Store$Page", "fill", 40));
        recording.AddAllocation(stack, "[B", 1000);
        recording.AddOldObject(stack, "com/acme/Page", 4096, 7);
        return recording.ToArray();
    }
}
