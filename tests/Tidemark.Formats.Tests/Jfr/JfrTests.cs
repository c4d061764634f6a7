using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Tests.Jfr;

public class JfrTests
{
    [Fact]
    public void Allocations_weigh_what_they_say_and_stand_on_their_stack()
    {
        var recording = new JfrRecording();
        var stack = recording.AddStack(("java/util/Arrays", "copyOf", 12), ("com/acme/Store$Page", "fill", 40));
        recording.AddAllocation(stack, "[B", 1000);
        recording.AddAllocation(stack, "[B", 500);

        var profile = Read(recording.ToArray()).Profile;

        profile.StackCount.ShouldBe(1);
        Describe(profile, 0)
            .ShouldBe([
                "java.util.Arrays.copyOf java/util/Arrays.java:12",
                "com.acme.Store$Page.fill com/acme/Store.java:40",
            ]);
        profile.Values(profile.IndexOf("alloc_space"))[0].ShouldBe(1500);
        profile.Values(profile.IndexOf("alloc_objects"))[0].ShouldBe(2);
        profile.Labels(0)[0].Text.ShouldBe("byte[]");
    }

    [Fact]
    public void Old_objects_share_what_the_heap_gained_and_count_for_themselves_at_least()
    {
        var recording = new JfrRecording();
        var stack = recording.AddStack(("com/acme/Store", "put", 7));
        recording.AddOldObject(stack, "com/acme/Order", heapUsage: 100_000, elements: -2);
        recording.AddOldObject(stack, "com/acme/Order", heapUsage: 160_000, elements: -2);
        recording.AddOldObject(stack, "[J", heapUsage: 130_000, elements: 10_000);

        var profile = Read(recording.ToArray()).Profile;

        var space = profile.Values(profile.IndexOf("inuse_space"));
        space.ToArray().ShouldBe([40_000, 80_016]);
        profile.Values(profile.IndexOf("inuse_objects")).ToArray().ShouldBe([2, 1]);
    }

    [Fact]
    public void Chunks_are_added_up_and_one_that_is_cut_short_is_left_out_with_a_warning()
    {
        var recording = new JfrRecording();
        recording.AddAllocation(recording.AddStack(("com/acme/Store", "put", 7)), "com/acme/Order", 64);
        var chunk = recording.ToArray();

        var both = Read([.. chunk, .. chunk]);
        both.Profile.Values(both.Profile.IndexOf("alloc_space"))[0].ShouldBe(128);
        both.Warnings.ShouldBeEmpty();

        var cut = Read([.. chunk, .. chunk[..^5]]);
        cut.Profile.Values(cut.Profile.IndexOf("alloc_space"))[0].ShouldBe(64);
        cut.Warnings.ShouldHaveSingleItem().ShouldContain($"at byte {chunk.Length}");
    }

    [Fact]
    public void A_recording_that_the_JVM_still_writes_is_refused_with_its_offset()
    {
        var chunk = new JfrRecording().ToArray();
        chunk.AsSpan(8, 8).Clear();

        Should.Throw<MalformedDumpException>(() => Read(chunk)).Message.ShouldContain("not finished");
    }

    [Fact]
    public void A_recording_cut_or_changed_anywhere_is_read_or_refused_and_nothing_else()
    {
        var recording = new JfrRecording();
        var stack = recording.AddStack(("java/util/Arrays", "copyOf", 12), ("com/acme/Store$Page", "fill", 40));
        recording.AddAllocation(stack, "[B", 1000);
        recording.AddOldObject(stack, "[B", 1000, 100);
        var whole = recording.ToArray();
        using var file = new TemporaryRecording();
        for (var length = 4; length < whole.Length; length += 3)
        {
            file.ReadOrRefuse(whole[..length]);
        }

        var random = new Random(1);
        for (var i = 0; i < 1_500; i++)
        {
            var bytes = whole.ToArray();
            bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            file.ReadOrRefuse(bytes);
        }
    }

    private static ProfileSnapshot Read(byte[] content)
    {
        using var file = new TemporaryRecording();
        return file.Read(content);
    }

    private static string[] Describe(AllocationProfile profile, int stack)
    {
        var lines = new List<string>();
        foreach (var number in profile.Stack(stack))
        {
            var frame = profile.Frames[number];
            var function = profile.Functions[frame.Function];
            lines.Add($"{function.Name} {function.File}:{frame.Line}");
        }

        return [.. lines];
    }

    private sealed class TemporaryRecording : IDisposable
    {
        private readonly string path = Path.GetTempFileName();

        public ProfileSnapshot Read(byte[] content)
        {
            File.WriteAllBytes(path, content);
            var dump = DumpFile.Open(path);
            var format = DumpFormats.Detect(dump).ShouldNotBeNull();
            format.Name.ShouldBe("jfr");
            return format.Read(dump, ReadContext.Quiet).ShouldBeOfType<ProfileSnapshot>();
        }

        public void ReadOrRefuse(byte[] content)
        {
            try
            {
                Read(content);
            }
            catch (MalformedDumpException)
            {
                // The answer that is expected of a damaged file.
            }
        }

        public void Dispose() => File.Delete(path);
    }
}
