using Tidemark.Core.Allocation;

namespace Tidemark.Core.Tests.Allocation;

public class ProfileDiffTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    public void Growth_by_stack_agrees_with_comparing_by_hand(int before, int after)
    {
        var profiles = new[] { RandomProfiles.Draw(before), RandomProfiles.Draw(after) };
        var expected = Sums(profiles[1]);
        foreach (var (stack, value) in Sums(profiles[0]))
        {
            expected[stack] = expected.GetValueOrDefault(stack) - value;
        }

        var growth = Sums(ProfileDiff.Between(profiles).Growth);

        growth.ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public void All_captures_of_a_series_are_kept()
    {
        var diff = ProfileDiff.Between(One("f", 1), One("f", 5), One("g", 7));

        Enumerable
            .Range(0, 3)
            .Select(c => diff.At(c, 0).ToArray())
            .ShouldBe([
                [1, 0],
                [5, 0],
                [0, 7],
            ]);
        diff.Growth.Values(0).ToArray().ShouldBe([-1, 7]);
    }

    [Fact]
    public void A_program_that_is_mapped_elsewhere_is_the_same_program()
    {
        var diff = ProfileDiff.Between(Mapped(0x400000), Mapped(0x7f0000000000));

        diff.Growth.StackCount.ShouldBe(1);
        diff.Growth.Values(0).ToArray().ShouldBe([0]);
    }

    [Fact]
    public void Columns_are_matched_by_name()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace, SampleType.InUseObjects]);
        builder.Add([builder.AddFrame("f", "", 1)], [100, 1]);

        var diff = ProfileDiff.Between(One("f", 40), builder.Build());

        diff.SampleTypes.ShouldBe([SampleType.InUseSpace]);
        diff.Growth.Values(0).ToArray().ShouldBe([60]);
    }

    [Fact]
    public void Profiles_of_different_things_are_refused()
    {
        var goroutines = new AllocationProfileBuilder([SampleType.Goroutines]).Build();
        var damaged = new AllocationProfileBuilder([SampleType.Goroutines with { Name = "goro\nutines" }]).Build();

        Should.Throw<IncomparableProfilesException>(() => ProfileDiff.Between(One("f", 1), goroutines));
        Should
            .Throw<IncomparableProfilesException>(() => ProfileDiff.Between(One("f", 1), damaged))
            .Message.ShouldNotContain("\n");
    }

    private static AllocationProfile One(string function, long bytes)
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        builder.Add([builder.AddFrame(function, "", 1)], [bytes]);
        return builder.Build();
    }

    private static AllocationProfile Mapped(ulong start)
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        var module = builder.AddModule(new Module("/bin/app", "", start, start + 0x1000));
        var function = builder.AddFunction(new Function("f", "f.go"));
        builder.Add([builder.AddFrame(new Frame(function, 3, IsInlined: false, start + 0x123, module))], [10]);
        return builder.Build();
    }

    private static Dictionary<string, long> Sums(AllocationProfile profile)
    {
        var sums = new Dictionary<string, long>();
        for (var s = 0; s < profile.StackCount; s++)
        {
            var stack = string.Join(
                " < ",
                profile
                    .Stack(s)
                    .ToArray()
                    .Select(f => $"{RandomProfiles.NameOf(profile, f)} {profile.Frames[f] with { Function = 0 }}")
            );
            sums[stack] = profile.Values(1)[s];
        }

        return sums;
    }
}
