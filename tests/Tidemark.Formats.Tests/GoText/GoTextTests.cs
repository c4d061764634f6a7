using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Tests.GoText;

public class GoTextTests
{
    internal const string Heap = """
        heap profile: 72: 727248 [74: 731248] @ heap/1048576
        71: 727040 [71: 727040] @ 0x67f7f7 0x67f9b3
        #	0x67f7f6	main.(*Store).Put+0x76	/src/store.go:20
        #	0x67f9b2	main.main+0x52		/src/main.go:29

        0: 0 [2: 4000] @ 0x443388
        #	0x443387	main.work+0x27	/src/main.go:40

        1: 208 [1: 208] @ 0x40f438 0x4146f3

        # runtime.MemStats
        # Alloc = 55247024
        # NumGC = 6

        """;

    internal const string Stacks = """
        goroutine 1 [IO wait, 5 minutes]:
        main.(*Server).accept(0xc000123, {0x1, 0x2})
        	/src/server.go:24 +0x26
        main.main()
        	/src/main.go:9 +0x12

        goroutine 17 [chan send, 2 minutes, locked to thread]:
        main.Map[...].func1(...)
        	/src/map.go:7
        created by main.(*Server).Serve in goroutine 1
        	/src/server.go:30 +0x5c

        goroutine 18 [chan send, 2 minutes, locked to thread]:
        main.Map[...].func1(...)
        	/src/map.go:7
        created by main.(*Server).Serve in goroutine 1
        	/src/server.go:30 +0x5c
        """;

    [Fact]
    public void A_heap_profile_is_scaled_up_from_its_sample()
    {
        var profile = Read(Heap, "go-text");

        profile
            .SampleTypes.Select(t => t.Name)
            .ShouldBe(["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
        profile.Header.Period.ShouldBe(524288);
        // 71 objects of 10240 bytes: 1 / (1 - exp(-10240 / 524288)) = 51.7...
        profile.Values(2)[0].ShouldBe(3670);
        profile.Values(3)[0].ShouldBe(37589151);
        profile.Values(2)[1].ShouldBe(0);
        profile.Labels(0).ToArray().ShouldBe([new Label("bytes", null, 10240, "bytes")]);
        Frames(profile, 0).ShouldBe(["main.(*Store).Put /src/store.go:20", "main.main /src/main.go:29"]);
    }

    [Fact]
    public void A_record_without_names_keeps_its_addresses()
    {
        var profile = Read(Heap, "go-text");

        profile.Stack(2).ToArray().Select(f => profile.Frames[f].Address).ShouldBe([0x40f437UL, 0x4146f2UL]);
    }

    [Fact]
    public void A_goroutine_profile_counts()
    {
        var profile = Read(
            "goroutine profile: total 3\n2 @ 0x43b256\n# labels: {\"a\":\"b\"}\n#\t0x67f8e5\tmain.run+0x25\t/src/main.go:24\n\n1 @ 0x1 0x2\n",
            "go-text"
        );

        profile.SampleTypes.ShouldBe([SampleType.Goroutines]);
        profile.Values(0).ToArray().ShouldBe([2, 1]);
        Frames(profile, 0).ShouldBe(["main.run /src/main.go:24"]);
    }

    [Fact]
    public void Goroutine_stacks_come_with_state_and_creator()
    {
        var profile = Read("SIGQUIT: quit\nPC=0x1 m=0\n\n" + Stacks, "go-stacks");

        profile.Values(0).ToArray().ShouldBe([1, 2]);
        Frames(profile, 0).ShouldBe(["main.(*Server).accept /src/server.go:24", "main.main /src/main.go:9"]);
        Frames(profile, 1).ShouldBe(["main.Map[...].func1 /src/map.go:7", "main.(*Server).Serve /src/server.go:30"]);
        profile
            .Labels(1)
            .ToArray()
            .ShouldBe([new Label("state", "chan send"), new Label("waiting", null, 2, "minutes")]);
    }

    [Theory]
    [InlineData("heap profile: 1: 2 [3: 4] @ heap/1048576\nnonsense\n", 41, "OBJECTS: BYTES")]
    [InlineData(
        "heap profile: 1: 2 [3: 4] @ heap/1048576\n99999999999999999999: 1 [1: 1] @ 0x1\n",
        41,
        "no 64-bit number"
    )]
    [InlineData("goroutine profile: total 3\n2 0x43\n", 27, "COUNT @")]
    [InlineData("heap profile: 1: 2 [3: 4] @ heap/x\n", 0, "heap/PERIOD")]
    public void A_damaged_line_is_named(string text, long offset, string problem)
    {
        var refusal = Should.Throw<MalformedDumpException>(() => Read(text, "go-text"));

        refusal.Offset.ShouldBe(offset);
        refusal.Problem.ShouldContain(problem);
    }

    [Theory]
    [InlineData(Heap)]
    [InlineData(Stacks)]
    public void A_text_cut_off_at_any_length_is_read_or_refused(string text)
    {
        for (var length = 60; length < text.Length; length++)
        {
            try
            {
                Read(text[..length], text == Heap ? "go-text" : "go-stacks");
            }
            catch (MalformedDumpException refusal)
            {
                refusal.Offset.ShouldBeLessThanOrEqualTo(length);
            }
        }
    }

    private static List<string> Frames(AllocationProfile profile, int stack) =>
        [
            .. profile
                .Stack(stack)
                .ToArray()
                .Select(f => profile.Frames[f])
                .Select(f => $"{profile.Functions[f.Function].Name} {profile.Functions[f.Function].File}:{f.Line}"),
        ];

    private static AllocationProfile Read(string text, string format)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
            var file = DumpFile.Open(path);
            var detected = DumpFormats.Detect(file).ShouldNotBeNull();
            detected.Name.ShouldBe(format);
            return detected.Read(file, ReadContext.Quiet).ShouldBeOfType<ProfileSnapshot>().Profile;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
