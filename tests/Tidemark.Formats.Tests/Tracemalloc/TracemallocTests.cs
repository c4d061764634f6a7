using System.IO.Compression;
using Tidemark.Formats.Tracemalloc;

namespace Tidemark.Formats.Tests.Tracemalloc;

public class TracemallocTests
{
    private static readonly TracemallocFormat Format = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_snapshot_survives_being_written_and_read(bool withFrameCounts)
    {
        var original = Sample(seed: 1, traces: 2500);
        var read = Read(Bytes(original, withFrameCounts));

        read.Count.ShouldBe(original.Count);
        read.TracebackLimit.ShouldBe(3);
        for (var i = 0; i < read.Count; i++)
        {
            read.Size(i).ShouldBe(original.Size(i));
            read.Domain(i).ShouldBe(original.Domain(i));
            Lines(read, read.Traceback(i)).ShouldBe(Lines(original, original.Traceback(i)));
        }
    }

    [Theory]
    [InlineData(TracemallocKey.Lineno, false)]
    [InlineData(TracemallocKey.Lineno, true)]
    [InlineData(TracemallocKey.Filename, false)]
    [InlineData(TracemallocKey.Filename, true)]
    [InlineData(TracemallocKey.Traceback, false)]
    public void Growth_equals_a_count_trace_by_trace(TracemallocKey key, bool cumulative)
    {
        var (older, newer) = (Sample(seed: 2, traces: 900), Sample(seed: 3, traces: 1100));
        var expected = new Dictionary<string, (long Size, long Diff, long Count, long CountDiff)>();
        Tally(older, -1);
        Tally(newer, +1);

        var rows = newer.CompareTo(older, key, cumulative);

        rows.Length.ShouldBe(expected.Count);
        foreach (var row in rows)
        {
            (row.Size, row.SizeDiff, row.Count, row.CountDiff).ShouldBe(expected[Name(newer, key, row.Key)]);
        }

        rows.Select(r => Math.Abs(r.SizeDiff)).ShouldBeInOrder(SortDirection.Descending);

        void Tally(TracemallocSnapshot snapshot, int sign)
        {
            for (var i = 0; i < snapshot.Count; i++)
            {
                foreach (var name in Groups(snapshot, i))
                {
                    var sum = expected.GetValueOrDefault(name);
                    var size = snapshot.Size(i);
                    expected[name] = (
                        sum.Size + (sign > 0 ? size : 0),
                        sum.Diff + (sign * size),
                        sum.Count + (sign > 0 ? 1 : 0),
                        sum.CountDiff + sign
                    );
                }
            }
        }

        IEnumerable<string> Groups(TracemallocSnapshot snapshot, int trace)
        {
            var lines = Lines(snapshot, snapshot.Traceback(trace));
            return key switch
            {
                TracemallocKey.Traceback => [string.Join(" < ", lines)],
                TracemallocKey.Lineno => cumulative ? lines : [lines[0]],
                _ => (cumulative ? lines : [lines[0]]).Select(l => l[..l.LastIndexOf(':')]),
            };
        }
    }

    [Fact]
    public void Cumulative_tracebacks_are_refused_as_Python_refuses_them()
    {
        Should.Throw<ArgumentException>(() => Sample(4, 10).Statistics(TracemallocKey.Traceback, cumulative: true));
    }

    [Fact]
    public void Filters_keep_what_an_inclusive_one_wants_and_no_exclusive_one_drops()
    {
        var snapshot = TracemallocSnapshot.Of(
            [
                (1, 0, [("/app/a.py", 1), ("/lib/b.py", 2)]),
                (2, 0, [("/lib/b.py", 2), ("/app/a.py", 1)]),
                (4, 7, [("/app/c.pyc", 3)]),
                (8, 0, [("<unknown>", 0)]),
            ],
            2
        );

        Sum(new TracemallocFilter(true, "/app/*")).ShouldBe(5);
        Sum(new TracemallocFilter(true, "*/a.py", AllFrames: true)).ShouldBe(3);
        Sum(new TracemallocFilter(false, "/lib/*")).ShouldBe(13);
        Sum(new TracemallocFilter(true, "/app/[a-c].py"), new TracemallocFilter(false, "*c.py")).ShouldBe(1);
        Sum(new TracemallocFilter(true, "/app/?.py", 3)).ShouldBe(4);
        Sum(new TracemallocFilter(true, null, Domain: 7)).ShouldBe(4);
        Sum(new TracemallocFilter(false, "/app/*", Domain: 7)).ShouldBe(11);

        long Sum(params TracemallocFilter[] filters)
        {
            var kept = snapshot.Filter(filters);
            return Enumerable.Range(0, kept.Count).Sum(kept.Size);
        }
    }

    [Theory]
    [InlineData("cos\nsystem\n(S'id'\ntR.", "os.system")]
    [InlineData("cbuiltins\neval\n(X\u0001\0\0\01tR.", "builtins.eval")]
    [InlineData("ctracemalloc\nos.system\n.", "tracemalloc.os.system")]
    [InlineData("ctracemalloc\nSnapshot\n)R.", "0x52 would call")]
    [InlineData("(itracemalloc\nSnapshot\n.", "0x69 would call")]
    [InlineData("Pid\n.", "0x50 refers to something outside")]
    [InlineData("\u0082\u0001.", "0x82 refers to something outside")]
    [InlineData("((((((((((((((((((((((((.", "within each other")]
    [InlineData("X\u00ff\u00ff\u00ff\u007f", "a text of 2147483647 bytes")]
    [InlineData("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "at most")]
    [InlineData("\u008a\u00ff", "a number of 255 bytes")]
    [InlineData("]r\u00ff\u00ff\u00ff\u007f.", "is remembered after 0")]
    [InlineData("h\u0005.", "value 5 is used")]
    [InlineData("J\u00ff\u00ff\u00ff\u00ff.", "not negative")]
    [InlineData("K\u0001.", "expected an object of tracemalloc.Snapshot")]
    [InlineData("t.", "did not begin")]
    [InlineData("K\u0001K\u0002\u0086.", "no frame")]
    [InlineData("N\u0094.", "remembered")]
    [InlineData("K\u0001\u0094.", "remembered")]
    [InlineData(")q\0.", "remembered")]
    [InlineData("\u0080\u0001.", "protocol 1")]
    [InlineData("ccopyreg\n_reconstructor\n.", "copyreg._reconstructor")]
    [InlineData("cbuiltins\ngetattr\n.", "builtins.getattr")]
    [InlineData("ctracemalloc\nSnapshot\n)\u0081)b.", "no dict")]
    [InlineData("ctracemalloc\nSnapshot\n(K\u0001t\u0081.", "no frame")]
    [InlineData("}(}}u.", "an attribute's name is a Dict")]
    [InlineData("](]e.", "is a List")]
    [InlineData("0.", "0x30 is none")]
    [InlineData("2.", "0x32 is none")]
    [InlineData("\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "0x8e is none")]
    [InlineData("\u0096\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "0x96 is none")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u007f", "0x8b is none")]
    [InlineData("B\u00ff\u00ff\u00ff\u007f", "0x42 is none")]
    [InlineData("\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "the file ends here")]
    public void A_hostile_pickle_is_refused_with_one_line(string pickle, string because)
    {
        byte[] bytes = [0x80, 4, .. pickle.Select(c => (byte)c)];
        var refused = Should.Throw<MalformedDumpException>(() => Read(bytes));

        refused.Message.ShouldContain(because);
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void A_memo_bomb_of_lists_within_lists_is_refused()
    {
        var bomb = new List<byte> { 0x80, 4, (byte)']', 0x94 };
        for (var i = 0; i < 100; i++)
        {
            bomb.AddRange([(byte)']', 0x94, (byte)'(', (byte)'h', (byte)i, (byte)'h', (byte)i, (byte)'e']);
        }

        Should.Throw<MalformedDumpException>(() => Read([.. bomb, (byte)'.'])).Message.ShouldContain("is a List");
    }

    /// <summary>Packed they are a few kilobytes: what they would take is refused by what they hold, not by what they weigh.</summary>
    [Theory]
    [InlineData("K\u0001", 1 << 21, "wait for their tuple")]
    [InlineData("(", 1 << 21, "within each other")]
    [InlineData("]", 1 << 21, "lists")]
    [InlineData("}", 1 << 21, "dicts")]
    [InlineData("X\u0004\0\0\0name", 1 << 18, "bytes of texts")]
    [InlineData("\u008c\0\u0094", 1 << 21, "wait for their tuple")]
    [InlineData("ctracemalloc\nSnapshot\n)\u0081", 1000, "objects")]
    public void A_bomb_that_repeats_one_thing_is_refused(string piece, int times, string because)
    {
        byte[] one = [.. piece.Select(c => (byte)c)];
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write([0x80, 4, (byte)'c']);
            zip.Write("tracemalloc\nSnapshot\n"u8);
            for (var i = 0; i < times; i++)
            {
                zip.Write(one);
            }
        }

        packed.Length.ShouldBeLessThan(1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var limits = new TracemallocLimits { MaxTextBytes = 1 << 19 };

        var refused = Should.Throw<MalformedDumpException>(() => Read(packed.ToArray(), new TracemallocFormat(limits)));

        refused.Message.ShouldContain(because);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(256 << 20);
    }

    [Fact]
    public void One_huge_trace_many_times_over_is_refused()
    {
        // 128 times 2^55 bytes, all of them one trace that is remembered.
        Should
            .Throw<MalformedDumpException>(() => Read(WithTraces("h\0", 128)))
            .Message.ShouldContain("address space");
        Read(WithTraces("h\0", 32)).Count.ShouldBe(33);

        static byte[] WithTraces(string again, int times)
        {
            var text =
                "ctracemalloc\nSnapshot\n)\u0081}X\u0006\0\0\0tracesctracemalloc\n_Traces\n)\u0081}X\u0007\0\0\0_traces](K\0\u008a\u0008\0\0\0\0\0\0\u0080\0"
                + "X\u0001\0\0\0aK\u0001\u0086\u0085\u0087q\0";
            return
            [
                0x80,
                4,
                .. (text + string.Concat(Enumerable.Repeat(again, times)) + "esbsb.").Select(c => (byte)c),
            ];
        }
    }

    [Fact]
    public void More_traces_than_the_limit_are_refused()
    {
        var few = new TracemallocFormat(new TracemallocLimits { MaxTraces = 10 });
        Should.Throw<MalformedDumpException>(() => Read(Bytes(Sample(5, 11)), few)).Message.ShouldContain("10 traces");
        Read(Bytes(Sample(5, 10)), few).Count.ShouldBe(10);
    }

    [Fact]
    public void A_damaged_snapshot_gets_an_answer_or_a_clear_refusal() =>
        Mutations.MustNotHurt(Format, Bytes(Sample(6, 40)));

    [Fact]
    public void A_snapshot_cut_short_names_the_offset() => Mutations.MustNotHurtCutShort(Format, Bytes(Sample(7, 12)));

    [Fact]
    public void A_snapshot_is_a_profile_with_a_row_a_traceback()
    {
        using var file = new TemporaryFile();
        file.Write(Bytes(Sample(8, 300)));
        var dump = DumpFile.Open(file.Path);
        DumpFormats.Detect(dump).ShouldBeOfType<TracemallocFormat>();

        var profile = Format.Read(dump, ReadContext.Quiet).ShouldBeOfType<ProfileSnapshot>().Profile;

        profile.Values(profile.IndexOf("inuse_objects")).ToArray().Sum().ShouldBe(300);
    }

    internal static TracemallocSnapshot Sample(int seed, int traces)
    {
        var dice = new Random(seed);
        var rows = new List<(long, uint, (string, int)[])>();
        for (var i = 0; i < traces; i++)
        {
            var frames = new (string, int)[dice.Next(1, 4)];
            for (var f = 0; f < frames.Length; f++)
            {
                frames[f] = ($"/srv/app/module_{dice.Next(4)}.py", dice.Next(1, 6));
            }

            rows.Add((dice.Next(3) == 0 ? 5_000_000_000 : dice.Next(1, 4) * 16, (uint)dice.Next(2), frames));
        }

        return TracemallocSnapshot.Of(rows, 3);
    }

    private static string[] Lines(TracemallocSnapshot snapshot, int traceback) =>
        [.. snapshot.Symbols.Traceback(traceback).ToArray().Select(f => Line(snapshot.Symbols, f))];

    private static string Line(TracemallocSymbols symbols, int frame) =>
        $"{symbols.File(symbols.FileOf(frame))}:{symbols.LineOf(frame)}";

    private static string Name(TracemallocSnapshot snapshot, TracemallocKey key, int group) =>
        key switch
        {
            TracemallocKey.Lineno => Line(snapshot.Symbols, group),
            TracemallocKey.Filename => snapshot.Symbols.File(group),
            _ => string.Join(" < ", Lines(snapshot, group)),
        };

    internal static byte[] Bytes(TracemallocSnapshot snapshot, bool withFrameCounts = true)
    {
        using var stream = new MemoryStream();
        TracemallocWriter.Write(snapshot, stream, withFrameCounts);
        return stream.ToArray();
    }

    private static TracemallocSnapshot Read(byte[] bytes, TracemallocFormat? format = null)
    {
        using var file = new TemporaryFile();
        file.Write(bytes);
        return (format ?? Format).ReadSnapshot(DumpFile.Open(file.Path), new TracemallocSymbols(), ReadContext.Quiet);
    }
}
