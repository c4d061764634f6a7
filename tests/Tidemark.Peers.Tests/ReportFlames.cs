using System.Text.Json;
using Tidemark.Core.Allocation;
using Tidemark.Diagnosis.Captures;
using Tidemark.Formats;
using Tidemark.Formats.Pprof;
using Tidemark.Reports.Html;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>
/// The report of a profile of each format, and of two of them, opened in a page (jsdom, which tests/setup.sh fetches) and used: search,
/// zoom, callers and callees, growth. What the page shows is held against the stacks of the profile, added up here.
/// </summary>
public sealed class ReportFlames(ShopProgram shop) : IClassFixture<ShopProgram>
{
    private static readonly string Library = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        ".cache/tidemark-tests/jsdom/node_modules/jsdom"
    );

    private const string Traced = """
        import sys, tracemalloc
        tracemalloc.start(10)
        KEPT = []
        def open_session(number):
            KEPT.append({"user": "user%d" % number, "items": [number] * 20})
        def serve(count):
            for number in range(count):
                open_session(number)
        serve(int(sys.argv[1]))
        tracemalloc.take_snapshot().dump(sys.argv[2])
        """;

    [Theory]
    [InlineData("jemalloc")]
    [InlineData("tcmalloc")]
    [InlineData("heaptrack")]
    [InlineData("massif")]
    [InlineData("tracemalloc")]
    [InlineData("pprof")]
    public async Task One_capture_is_searched_zoomed_and_turned_inside_out(string format)
    {
        var profile = Read(Capture(format, 3000), format);
        var stacks = Stacks(profile, profile.Values(profile.DefaultIndex).ToArray());
        var (function, total) = Middle(stacks);

        var page = await OpenAsync(function, profile);

        page.GetProperty("errors").GetArrayLength().ShouldBe(0, page.GetProperty("errors").ToString());
        page.GetProperty("requests").GetInt32().ShouldBe(0, "a report fetches nothing");
        page.GetProperty("modes").GetArrayLength().ShouldBe(0);
        var whole = stacks.Sum(s => s.Value);
        var all = Boxes(page.GetProperty("all"));
        all.Single(b => b.Name == "all").Value.ShouldBe(whole);
        // A box that is thinner than a pixel is not drawn: what is, is never more than there is.
        var occurrences = all.Where(b => b.Name == function).ToList();
        Near(occurrences.Sum(b => b.Value), total, whole);
        occurrences[0].Label.ShouldStartWith(function);
        page.GetProperty("found")
            .EnumerateArray()
            .Select(f => f.GetString()!)
            .ShouldAllBe(f => f.Contains(function, StringComparison.Ordinal));
        page.GetProperty("found").GetArrayLength().ShouldBeGreaterThanOrEqualTo(occurrences.Count);
        page.GetProperty("foundAfterwards").GetInt32().ShouldBe(0);
        Zooms(page, function);
        TurnsInsideOut(page, stacks, function, total, whole);
    }

    [Theory]
    [InlineData("jemalloc")]
    [InlineData("tcmalloc")]
    [InlineData("heaptrack")]
    [InlineData("massif")]
    [InlineData("tracemalloc")]
    [InlineData("pprof")]
    public async Task Two_captures_show_what_grew(string format)
    {
        var before = Read(Capture(format, 500), format);
        var now = Read(Capture(format, 3000), format);
        var column = before.DefaultIndex;
        long Held(AllocationProfile profile) => profile.Values(column).ToArray().Sum();
        var (function, _) = Middle(Stacks(now, now.Values(column).ToArray()));

        var page = await OpenAsync(function, before, now);

        page.GetProperty("errors").GetArrayLength().ShouldBe(0, page.GetProperty("errors").ToString());
        page.GetProperty("modes").EnumerateArray().Select(m => m.GetString()).ShouldBe(["growth", "now"]);
        var all = Boxes(page.GetProperty("all")).Single(b => b.Name == "all");
        all.Value.ShouldBe(Held(now));
        all.Delta.ShouldBe(Held(now) - Held(before));
        // Opened at what grew: nothing that did not, and the function that did in red.
        var first = Boxes(page.GetProperty("first"));
        first.ShouldAllBe(b => b.Value > 0);
        var grown = first.Where(b => b.Name == function).ToList();
        grown.ShouldNotBeEmpty();
        grown[0].Label.ShouldContain("grew by");
        Boxes(page.GetProperty("all")).First(b => b.Name == function && b.Delta > 0).Colour.ShouldStartWith("hsl(8 ");
        Zooms(page, function);
    }

    private static void Zooms(JsonElement page, string function)
    {
        var zoomed = Boxes(page.GetProperty("zoomed"));
        var chosen = zoomed.First(b => b.Name == function && !b.Faded);
        chosen.Width.ShouldBe(1, 1e-6, "what was clicked takes the whole width");
        zoomed.Single(b => b.Name == "all").Faded.ShouldBeTrue("its callers stay, faded");
        var reset = Boxes(page.GetProperty("reset"));
        reset.ShouldAllBe(b => !b.Faded);
        reset.Count.ShouldBe(Boxes(page.GetProperty("all")).Count);
        page.GetProperty("sandwichAfterwards").GetInt32().ShouldBe(0);
    }

    private static void TurnsInsideOut(
        JsonElement page,
        List<(string[] Names, long Value)> stacks,
        string function,
        long total,
        long whole
    )
    {
        var sandwich = page.GetProperty("sandwich");
        sandwich.GetProperty("title").GetString().ShouldBe($"{function}: callers above, callees below");
        var (callers, callees) = (Boxes(sandwich.GetProperty("callers")), Boxes(sandwich.GetProperty("callees")));
        Near(callers.First(b => b.Name == function).Value, total, whole);
        Near(callees.First(b => b.Name == function).Value, total, whole);
        // Where it is outermost, as it counts once in a stack.
        foreach (var caller in stacks.GroupBy(s => Neighbour(s.Names, function, 1)).Where(g => g.Key is not null))
        {
            var value = caller.Sum(s => s.Value);
            if (value > whole / 100)
            {
                callers.ShouldContain(b => b.Name == caller.Key, $"a caller with {value} of {whole}");
            }
        }

        foreach (var callee in stacks.GroupBy(s => Neighbour(s.Names, function, -1)).Where(g => g.Key is not null))
        {
            var value = callee.Sum(s => s.Value);
            if (value > whole / 100)
            {
                Near(callees.Where(b => b.Name == callee.Key).Max(b => b.Value), value, whole);
            }
        }
    }

    /// <summary>What the page leaves out is thinner than a pixel, box by box.</summary>
    private static void Near(long shown, long there, long whole)
    {
        shown.ShouldBeLessThanOrEqualTo(there);
        shown.ShouldBeGreaterThan(there - Math.Max(1, whole / 20));
    }

    /// <summary>The caller (1) or callee (-1) of the outermost occurrence; null where there is none.</summary>
    private static string? Neighbour(string[] names, string function, int step)
    {
        var at = Array.LastIndexOf(names, function);
        return at >= 0 && at + step >= 0 && at + step < names.Length ? names[at + step] : null;
    }

    /// <summary>A function with callers and callees that holds as much as possible, and does not call itself: its boxes stand in each other otherwise.</summary>
    private static (string Function, long Total) Middle(List<(string[] Names, long Value)> stacks)
    {
        var recursive = stacks
            .SelectMany(s => s.Names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            .Select(g => g.Key)
            .ToHashSet(StringComparer.Ordinal);
        var largest = stacks
            .Where(s => s.Names.Length > 2)
            .SelectMany(s => s.Names[1..^1].Except(recursive, StringComparer.Ordinal).Select(n => (Name: n, s.Value)))
            .GroupBy(s => s.Name, StringComparer.Ordinal)
            .OrderByDescending(g => g.Sum(s => s.Value))
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .First()
            .Key;
        return (largest, stacks.Where(s => s.Names.Contains(largest)).Sum(s => s.Value));
    }

    private static List<(string[] Names, long Value)> Stacks(AllocationProfile profile, long[] values)
    {
        var table = new FunctionTable(profile);
        return
        [
            .. Enumerable
                .Range(0, profile.StackCount)
                .Where(s => values[s] != 0)
                .Select(s =>
                    (profile.Stack(s).ToArray().Select(f => table.Name(table.NodeOfFrame[f]).Text).ToArray(), values[s])
                ),
        ];
    }

    private async Task<JsonElement> OpenAsync(string function, params AllocationProfile[] profiles)
    {
        var model = new ReportModel { Title = "profiles" }.Add(
            "profiles",
            new SnapshotSeries([
                .. profiles.Select(p => new ProfileSnapshot(p) { Format = "pprof", Runtime = "native" }),
            ])
        );
        var path = Path.Combine(shop.Folder, $"{Guid.NewGuid():N}.html");
        await File.WriteAllTextAsync(path, await HtmlReport.RenderAsync(model));
        return JsonElement.Parse(
            Tool.Run("node", [Path.Combine(AppContext.BaseDirectory, "flames.cjs"), Library, path, function])
        );
    }

    private string Capture(string format, int rounds)
    {
        var name = $"{format}-{rounds}";
        return Directory
                .GetFiles(shop.Folder, $"{name}*")
                .FirstOrDefault(f => !f.EndsWith(".pb.gz", StringComparison.Ordinal))
            ?? Make(format, name, rounds);
    }

    private string Make(string format, string name, int rounds) =>
        format switch
        {
            "jemalloc" or "pprof" => shop.Profile(
                $"{name}.*.heap",
                shop.Path,
                $"{rounds}",
                ("LD_PRELOAD", "libjemalloc.so.2"),
                ("MALLOC_CONF", $"prof:true,prof_final:true,prof_accum:true,lg_prof_sample:10,prof_prefix:{name}")
            ),
            "tcmalloc" => shop.Profile(
                $"{name}.*.heap",
                shop.Path,
                $"{rounds}",
                ("LD_PRELOAD", "libtcmalloc.so.4"),
                ("HEAPPROFILE", $"{shop.Folder}/{name}")
            ),
            "heaptrack" => shop.Profile($"{name}.*", "heaptrack", $"-o {shop.Folder}/{name} {shop.Path} {rounds}"),
            "massif" => shop.Profile(
                name,
                "valgrind",
                $"--tool=massif --massif-out-file={shop.Folder}/{name} {shop.Path} {rounds}"
            ),
            _ => Trace(name, rounds),
        };

    private string Trace(string name, int rounds)
    {
        var script = Path.Combine(shop.Folder, "traced.py");
        File.WriteAllText(script, Traced);
        return shop.Profile(name, "python3", $"{script} {rounds} {shop.Folder}/{name}");
    }

    private static AllocationProfile Read(string path, string format)
    {
        var profile = ShopProgram.Read(path).Profile;
        if (format != "pprof")
        {
            return profile;
        }

        var converted = path + ".pb.gz";
        using (var file = File.Create(converted))
        {
            PprofWriter.Write(profile, file);
        }

        return ShopProgram.Read(converted).Profile;
    }

    private static List<Box> Boxes(JsonElement boxes) =>
        [
            .. boxes
                .EnumerateArray()
                .Select(b => new Box(
                    b.GetProperty("name").GetString()!,
                    b.GetProperty("value").GetInt64(),
                    b.GetProperty("delta").GetInt64(),
                    b.GetProperty("width").GetDouble(),
                    b.GetProperty("faded").GetBoolean(),
                    b.GetProperty("label").GetString()!,
                    b.GetProperty("colour").GetString()!
                )),
        ];

    private sealed record Box(
        string Name,
        long Value,
        long Delta,
        double Width,
        bool Faded,
        string Label,
        string Colour
    );
}
