using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>heaptrack_print against our reading of the same files.</summary>
public partial class HeaptrackAnswers(ShopProgram shop) : IClassFixture<ShopProgram>
{
    [Theory]
    [InlineData("allocations", "alloc_objects")]
    [InlineData("temporary", "temporary_objects")]
    [InlineData("peak", "peak_space")]
    [InlineData("leaked", "inuse_space")]
    public void Every_stack_has_the_cost_that_heaptrack_print_gives_it(string costType, string column)
    {
        var file =
            Directory.GetFiles(shop.Folder, "data.*zst").FirstOrDefault()
            ?? shop.Profile("data.*zst", "heaptrack", $"-o {shop.Folder}/data {shop.Path} 5000");
        var stacks = Path.Combine(shop.Folder, $"stacks.{costType}");
        Tool.Run(
            "heaptrack_print",
            $"-f {file} -p 0 -a 0 -T 0 --disable-builtin-suppressions -t 0 --flamegraph-cost-type {costType} -F {stacks}"
        );

        var profile = ShopProgram.Read(file).Profile;
        var ours = Stacks(profile, profile.IndexOf(column));

        var theirs = Theirs(stacks);
        ours.Except(theirs).ShouldBeEmpty();
        theirs.Except(ours).ShouldBeEmpty();
        ours.ShouldNotBeEmpty();
    }

    /// <summary>Lines of "outermost;...;innermost cost", each frame as "function (file)".</summary>
    private static List<string> Theirs(string path) =>
        Sum(
            File.ReadLines(path)
                .Select(l =>
                    (
                        Stack: l[..l.LastIndexOf(' ')],
                        Cost: long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)
                    )
                )
        );

    private static List<string> Sum(IEnumerable<(string Stack, long Cost)> stacks) =>
        [
            .. stacks
                .GroupBy(s => s.Stack)
                .Select(g => $"{g.Key} {g.Sum(s => s.Cost)}")
                .Where(s => !s.EndsWith(" 0", StringComparison.Ordinal)),
        ];

    /// <summary>Our stacks in their notation: calls that were put into one instruction stand there innermost first, though all else is outermost first.</summary>
    private static List<string> Stacks(AllocationProfile profile, int column)
    {
        List<(string, long)> result = [];
        for (var s = 0; s < profile.StackCount; s++)
        {
            var text = "";
            var instruction = "";
            foreach (var number in profile.Stack(s))
            {
                var frame = profile.Frames[number];
                var function = profile.Functions[frame.Function];
                instruction += Text(function, frame) + ";";
                if (!frame.IsInlined)
                {
                    text = instruction + text;
                    instruction = "";
                }
            }

            result.Add((text.TrimEnd(';') + ";", profile.Values(column)[s]));
        }

        return Sum(result);
    }

    private static string Text(Function function, Frame frame)
    {
        var name =
            function.SystemName.Length > 0 ? function.SystemName
            : function.Name.Length > 0 ? function.Name
            : $"0x{frame.Address:x}";
        return function.File.Length > 0 ? $"{name} ({Path.GetFileName(function.File)})" : name;
    }
}
