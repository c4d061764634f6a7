using Tidemark.Core.Allocation;
using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.Tests.Pprof;

public class PprofRoundTripTests
{
    [Fact]
    public void Everything_a_profile_holds_survives_writing_and_reading()
    {
        var written = Sample();

        var read = ProfileFiles.RoundTrip(written);

        read.Header.DefaultSampleType.ShouldBe("inuse_space");
        read.Header.PeriodType.ShouldBe(new SampleType("space", "bytes"));
        read.Header.Period.ShouldBe(524288);
        read.Header.TakenAt.ShouldBe(written.Header.TakenAt);
        read.Header.Duration.ShouldBe(TimeSpan.FromSeconds(3));
        read.Header.Comments.ShouldBe(["first", "second"]);
        read.Header.DropFrames.ShouldBe("malloc");
        read.SampleTypes.ShouldBe(written.SampleTypes);
        read.Modules.ShouldBe(written.Modules);
        read.StackCount.ShouldBe(written.StackCount);
        for (var s = 0; s < read.StackCount; s++)
        {
            Describe(read, s).ShouldBe(Describe(written, s));
        }
    }

    [Fact]
    public void Samples_with_the_same_stack_and_labels_are_added_up()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        var frame = builder.AddFrame("main.f", "f.go", 1);
        var small = builder.AddLabels([new Label("bytes", null, 16)]);
        var large = builder.AddLabels([new Label("bytes", null, 32)]);
        builder.Add([frame], [1], small);
        builder.Add([frame], [2], large);
        builder.Add([frame], [4], builder.AddLabels([new Label("bytes", null, 16)]));

        var profile = ProfileFiles.RoundTrip(builder.Build());

        profile.Values(0).ToArray().ShouldBe([5, 2]);
    }

    [Fact]
    public void A_sample_of_nothing_but_zeros_is_dropped()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace]);
        builder.Add([builder.AddFrame("main.f", "f.go", 1)], [0, 0]);
        builder.Add([builder.AddFrame("main.g", "g.go", 1)], [0, 7]);

        ProfileFiles.RoundTrip(builder.Build()).StackCount.ShouldBe(1);
    }

    private static AllocationProfile Sample()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace])
        {
            Header = new ProfileHeader
            {
                DefaultSampleType = "inuse_space",
                PeriodType = new SampleType("space", "bytes"),
                Period = 524288,
                TakenAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                Duration = TimeSpan.FromSeconds(3),
                Comments = ["first", "second"],
                DropFrames = "malloc",
            },
        };
        var module = builder.AddModule(
            new Module("/bin/app", "abc", 0x400000, 0x500000, 0x1000) { HasFunctions = true }
        );
        var outer = builder.AddFunction(new Function("main.outer", "/src/outer.go", 10));
        var inner = builder.AddFunction(new Function("inner(int)", "/src/inner.cc", 20, "_Z5inneri"));
        var unnamed = builder.AddFunction(new Function("", ""));
        int[] stack =
        [
            builder.AddFrame(new Frame(inner, 21, IsInlined: true, 0x400100, module)),
            builder.AddFrame(new Frame(outer, 11, IsInlined: false, 0x400100, module)),
            builder.AddFrame(new Frame(unnamed, 0, IsInlined: false, 0x400200, module)),
        ];
        builder.Add(stack, [1, -100], builder.AddLabels([new Label("bytes", null, 48), new Label("who", "me")]));
        builder.Add(stack.AsSpan(1), [long.MaxValue, long.MinValue]);
        builder.Add([], [3, 4]);
        return builder.Build();
    }

    private static string Describe(AllocationProfile profile, int stack)
    {
        var frames = profile
            .Stack(stack)
            .ToArray()
            .Select(f => (profile.Functions[profile.Frames[f].Function], profile.Frames[f] with { Function = 0 }));
        var values = Enumerable.Range(0, profile.SampleTypes.Count).Select(t => profile.Values(t)[stack]);
        return $"{string.Join(", ", frames)} {string.Join(' ', profile.Labels(stack).ToArray())} {string.Join(' ', values)}";
    }
}
