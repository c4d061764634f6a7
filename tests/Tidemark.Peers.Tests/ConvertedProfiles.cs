using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Formats.Pprof;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>Profiles of every native format as pprof files, opened by <c>go tool pprof</c>.</summary>
public partial class ConvertedProfiles(ShopProgram shop) : IClassFixture<ShopProgram>
{
    [Theory]
    [InlineData("je.*.heap", "inuse_space")]
    [InlineData("tc.*.heap", "inuse_space")]
    [InlineData("data.*zst", "inuse_space")]
    [InlineData("massif.out", "peak_space")]
    public void Go_tool_pprof_gives_each_function_the_bytes_that_it_has_here(string pattern, string column)
    {
        var profile = ShopProgram.Read(Capture(pattern)).Profile;
        var converted = Path.Combine(shop.Folder, "converted.pb.gz");
        using (var file = File.Create(converted))
        {
            PprofWriter.Write(profile, file);
        }

        var table = new FunctionTable(profile);
        var (flat, cum) = table.Sum(profile.Values(profile.IndexOf(column)));
        var ours = Enumerable
            .Range(0, table.Count)
            .GroupBy(i => Name(table.Name(i).Text))
            .ToDictionary(g => g.Key, g => (Flat: g.Sum(i => flat[i]), Most: g.Max(i => cum[i])));

        var rows = Row()
            .Matches(
                Tool.Run(
                    "go",
                    $"tool pprof -symbolize=none -top -nodecount=40 -unit=B -sample_index={column} {converted}"
                )
            );
        rows.Count.ShouldBeGreaterThan(10);
        foreach (Match row in rows)
        {
            var name = Name(row.Groups["name"].Value);
            var our = ours[name];
            if (rows.Count(r => Name(r.Groups["name"].Value) == name) == 1)
            {
                our.Flat.ShouldBe(Bytes(row.Groups["flat"]), name);
                our.Most.ShouldBe(Bytes(row.Groups["cum"]), name);
            }
        }
    }

    private string Capture(string pattern) =>
        pattern[0] switch
        {
            'j' => shop.Profile(
                pattern,
                shop.Path,
                "",
                ("LD_PRELOAD", "libjemalloc.so.2"),
                ("MALLOC_CONF", "prof:true,prof_final:true,prof_accum:true,lg_prof_sample:10,prof_prefix:je")
            ),
            't' => shop.Profile(
                pattern,
                shop.Path,
                "",
                ("LD_PRELOAD", "libtcmalloc.so.4"),
                ("HEAPPROFILE", $"{shop.Folder}/tc")
            ),
            'd' => shop.Profile(pattern, "heaptrack", $"-o {shop.Folder}/data {shop.Path} 2000"),
            _ => shop.Profile(
                pattern,
                "valgrind",
                $"--tool=massif --massif-out-file={shop.Folder}/massif.out {shop.Path} 500"
            ),
        };

    private static long Bytes(Group group) => long.Parse(group.ValueSpan.TrimEnd('B'), CultureInfo.InvariantCulture);

    /// <summary>go tool pprof cuts names short at template arguments and parameters.</summary>
    private static string Name(string text) => text.Replace(" (inline)", "", StringComparison.Ordinal).Trim();

    [GeneratedRegex(
        @"^\s*(?<flat>-?\d+B?)\s+\S+%\s+\S+%\s+(?<cum>-?\d+B?)\s+\S+%\s+(?<name>\S.*)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Row();
}
