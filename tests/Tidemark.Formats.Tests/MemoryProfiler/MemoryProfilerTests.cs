using Tidemark.Core.Allocation;
using Tidemark.Formats.MemoryProfiler;

namespace Tidemark.Formats.Tests.MemoryProfiler;

public sealed class MemoryProfilerTests : IDisposable
{
    public const string Data = """
        starting
        Filename: shop/orders.py

        Line #    Mem usage    Increment  Occurrences   Line Contents
        =============================================================
             3   38.500 MiB   38.500 MiB           1   @profile
             4                                         def load(count):
             5   46.500 MiB    8.000 MiB           1       a = [1] * (10 ** 6)
             6  199.250 MiB  152.750 MiB         400       for i in range(count):
             7   46.500 MiB -152.750 MiB           1           del b
             8                                                 12.5 MiB
             9   46.500 MiB    0.000 MiB           1       return a


        12 orders
        Filename: shop/stock.py

        Line #    Mem usage    Increment   Line Contents
        ================================================
            10     20.0 MiB      0.0 MiB   async def count():
            11     21.5 MiB      1.5 MiB       3 + 4
        """;

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void Each_line_is_told_with_what_it_added()
    {
        var profile = dump.Read(Data).Profile;

        Lines(profile)
            .ShouldBe([
                "load shop/orders.py:3 = 1 0",
                "load shop/orders.py:5 = 1 8388608",
                "load shop/orders.py:6 = 400 160169984",
                "load shop/orders.py:7 = 1 -160169984",
                "load shop/orders.py:9 = 1 0",
                "count shop/stock.py:10 = 1 0",
                "count shop/stock.py:11 = 1 1572864",
            ]);
        profile.Header.DefaultSampleType.ShouldBe("increment");
    }

    [Theory]
    [InlineData("152.750 MiB         400", "152.750 MiB         many", "occurrences")]
    [InlineData("8.000 MiB", "8e300 MiB", "out of range")]
    public void What_does_not_fit_is_named(string written, string damaged, string named)
    {
        Data.ShouldContain(written);

        Should
            .Throw<MalformedDumpException>(() => dump.Read(Data.Replace(written, damaged, StringComparison.Ordinal)))
            .Message.ShouldContain(named);
    }

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line() => dump.SurvivesDamage(new MemoryProfilerFormat(), Data);

    private static IEnumerable<string> Lines(AllocationProfile profile)
    {
        for (var s = 0; s < profile.StackCount; s++)
        {
            var frame = profile.Frames[profile.Stack(s)[0]];
            var function = profile.Functions[frame.Function];
            yield return $"{function.Name} {function.File}:{frame.Line} = {profile.Values(0)[s]} {profile.Values(1)[s]}";
        }
    }
}
