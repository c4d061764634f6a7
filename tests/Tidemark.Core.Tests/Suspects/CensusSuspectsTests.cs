using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Suspects;

public class CensusSuspectsTests
{
    private static readonly RuntimeKnowledge Knowledge = new() { Library = [new Regex("^java\\.")] };

    [Fact]
    public void The_users_types_come_first_and_no_type_is_called_a_call_site()
    {
        var suspects = AllocationSuspects.Find(
            Diff(
                ("byte[]", 100_000, 200_000, 300_000),
                ("com.acme.Order", 10_000, 30_000, 50_000),
                ("java.util.HashMap$Node", 50_000, 80_000, 110_000)
            ),
            Knowledge
        );

        suspects.Select(s => s.Subject).ShouldBe(["com.acme.Order", "byte[]", "java.util.HashMap$Node"]);
        suspects[0].Pattern.ShouldBe("growing-type");
        suspects[0].GrowthBytes.ShouldBe(40_000);
        suspects[0].Site.ShouldBeNull();
        suspects[0].Advice.ShouldContain("heap dump");
    }

    [Fact]
    public void A_type_that_went_down_between_two_censuses_is_churn()
    {
        var suspects = AllocationSuspects.Find(
            Diff(("com.acme.Request", 10_000, 90_000, 50_000), ("com.acme.Order", 10_000, 30_000, 50_000)),
            Knowledge
        );

        suspects.ShouldHaveSingleItem().Subject.ShouldBe("com.acme.Order");
    }

    private static ProfileDiff Diff(params (string Type, long First, long Second, long Third)[] types) =>
        ProfileDiff.Between(
            Census([.. types.Select(t => (t.Type, t.First))]),
            Census([.. types.Select(t => (t.Type, t.Second))]),
            Census([.. types.Select(t => (t.Type, t.Third))])
        );

    private static AllocationProfile Census(params (string Type, long Bytes)[] types)
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace])
        {
            Header = new() { IsCensus = true },
        };
        foreach (var (type, bytes) in types)
        {
            builder.Add([builder.AddFrame(type, "", 0)], [bytes / 100, bytes]);
        }

        return builder.Build();
    }
}
