using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>ms_print against our reading of the same file.</summary>
public partial class MassifAnswers(ShopProgram shop) : IClassFixture<ShopProgram>
{
    [Fact]
    public void Every_call_of_the_peaks_tree_has_the_bytes_that_ms_print_gives_it()
    {
        var file = shop.Profile(
            "massif.out",
            "valgrind",
            $"--tool=massif --massif-out-file={shop.Folder}/massif.out {shop.Path} 500"
        );
        // The list of snapshots calls the peak by its number; its tree is the one behind that line.
        var printed = Tool.Run("ms_print", $"--threshold=0 {file}").Split('\n');
        var number = PeakNumber().Match(string.Join('\n', printed)).Groups["number"].Value;
        var row = Array.FindIndex(printed, l => Regex.IsMatch(l, $@"^\s*{number}\s+[\d,]+\s+[\d,]+"));
        var tree = printed
            .Skip(row + 1)
            .TakeWhile(l => !l.StartsWith("----", StringComparison.Ordinal))
            .Select(l => Node().Match(l))
            .Where(m => m.Success)
            .ToList();
        tree.Count.ShouldBeGreaterThan(10);

        var profile = ShopProgram.Read(file).Profile;
        var ours = Prefixes(profile, profile.IndexOf("peak_space"));

        var path = new List<string>();
        foreach (var node in tree.Skip(1))
        {
            var depth = node.Groups[1].Length / 2;
            path.RemoveRange(depth - 1, path.Count - (depth - 1));
            path.Add(node.Groups[3].Value);
            var bytes = long.Parse(node.Groups[2].ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
            ours.GetValueOrDefault(string.Join(";", path)).ShouldBe(bytes, string.Join(";", path));
        }
    }

    /// <summary>The bytes below each beginning of a stack, the allocation site first.</summary>
    private static Dictionary<string, long> Prefixes(AllocationProfile profile, int column)
    {
        var result = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var s = 0; s < profile.StackCount; s++)
        {
            var path = "";
            foreach (var number in profile.Stack(s))
            {
                var frame = profile.Frames[number];
                path += (path.Length > 0 ? ";" : "") + $"0x{frame.Address:X}";
                result[path] = result.GetValueOrDefault(path) + profile.Values(column)[s];
            }
        }

        return result;
    }

    [GeneratedRegex(
        @"Detailed snapshots:.*?(?<number>\d+) \(peak\)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PeakNumber();

    [GeneratedRegex(@"^([| ]*(?:->)?)\d+\.\d+% \(([\d,]+)B\) (0x[0-9A-F]+|\(heap)")]
    private static partial Regex Node();
}
