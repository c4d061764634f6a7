using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>jeprof and google-pprof against our reading of the same files.</summary>
public class HeapProfileAnswers(ShopProgram shop) : IClassFixture<ShopProgram>
{
    [Theory]
    [InlineData("inuse_space")]
    [InlineData("inuse_objects")]
    [InlineData("alloc_space")]
    [InlineData("alloc_objects")]
    public void A_tcmalloc_profile_has_the_rows_of_google_pprof(string column)
    {
        var profile =
            Directory.GetFiles(shop.Folder, "tc.*.heap").FirstOrDefault()
            ?? shop.Profile(
                "tc.*.heap",
                shop.Path,
                "",
                ("LD_PRELOAD", "libtcmalloc.so.4"),
                ("HEAPPROFILE", $"{shop.Folder}/tc")
            );
        var theirs = PprofScripts.Rows("google-pprof", column, shop.Path, profile);
        var ours = PprofScripts.Rows(ShopProgram.Read(profile).Profile, column);

        var exported = LibraryFunctions(profile);
        theirs.Count.ShouldBeGreaterThan(30);
        foreach (var (name, row) in theirs)
        {
            // Constructors of static variables are put into a function without a name of its own, which addr2line calls after its caller.
            if (
                name.Contains("static_init", StringComparison.Ordinal)
                || name.Contains("GLOBAL", StringComparison.Ordinal)
            )
            {
                continue;
            }

            if (HasSeveralNames(name))
            {
                continue;
            }

            if (!ours.TryGetValue(name, out var our))
            {
                exported.ShouldContain(name); // a library without symbols, as below
                continue;
            }

            if (!exported.Contains(name))
            {
                our.Flat.ShouldBe(row.Flat, name);
            }

            ShouldAgree(our, row, name, tolerance: 0);
        }
    }

    [Theory]
    [InlineData("inuse_space")]
    [InlineData("inuse_objects")]
    [InlineData("alloc_space")]
    [InlineData("alloc_objects")]
    public void A_jemalloc_profile_has_the_rows_of_jeprof_and_its_total(string column)
    {
        var profile =
            Directory.GetFiles(shop.Folder, "je.*.heap").FirstOrDefault()
            ?? shop.Profile(
                "je.*.heap",
                shop.Path,
                "",
                ("LD_PRELOAD", "libjemalloc.so.2"),
                ("MALLOC_CONF", "prof:true,prof_final:true,prof_accum:true,lg_prof_sample:10,prof_prefix:je")
            );
        var theirs = PprofScripts.Rows("jeprof", column, shop.Path, profile);
        var read = ShopProgram.Read(profile).Profile;
        var ours = PprofScripts.Rows(read, column);
        // They cut what a stack stands for to whole bytes, and so do we, each in its own way.
        var rounding = 2L * read.StackCount;

        var exported = LibraryFunctions(profile);
        var compared = 0;
        foreach (var (name, row) in theirs)
        {
            if (HasSeveralNames(name))
            {
                continue;
            }

            // Addresses in libraries without symbols go to whatever exported function stands before them there; here
            // they keep their address. The allocator's own frames are such, and stand innermost there; here they are left out.
            if (!ours.TryGetValue(name, out var our))
            {
                exported.ShouldContain(name);
                continue;
            }

            ShouldAgree(our, row, name, rounding);
            if (!exported.Contains(name))
            {
                // Of libraries they do not know which calls were put into which function.
                our.Flat.ShouldBeGreaterThanOrEqualTo(row.Flat - rounding, name);
            }

            compared++;
        }

        compared.ShouldBeGreaterThan(30);
        ((double)ours.Values.Sum(r => r.Flat)).ShouldBe(theirs.Values.Sum(r => r.Flat), rounding);
        ((double)ours["parse"].Flat).ShouldBe(theirs["parse"].Flat, rounding);
    }

    /// <summary>Functions of libc have several names each, of which they take now one, now the other.</summary>
    private static bool HasSeveralNames(string name) =>
        name is "pthread_create" || name.StartsWith("__libc_start_main", StringComparison.Ordinal);

    /// <summary>The functions that the libraries of a profile export, and the loader's entry, which only its debug information names.</summary>
    private static HashSet<string> LibraryFunctions(string profile) =>
        [
            "_dl_start_user",
            .. File.ReadLines(profile)
                .Where(l => l.Contains(".so", StringComparison.Ordinal))
                .Select(l => l[l.IndexOf('/', StringComparison.Ordinal)..])
                .Distinct()
                .SelectMany(l => Tool.Run("nm", $"-D -C --defined-only {l}").Split('\n'))
                .Where(l => l.Length > 19)
                .Select(l => PprofScripts.ShortName(l[19..])),
        ];

    private static void ShouldAgree(ReportRow ours, ReportRow theirs, string name, long tolerance)
    {
        if (theirs.Cum.Count == ours.Cum.Count)
        {
            ours.Cum.Sum().ShouldBeInRange(theirs.Cum.Sum() - tolerance, theirs.Cum.Sum() + tolerance, name);
        }
        else
        {
            ours.Cum.Sum().ShouldBeInRange(theirs.Cum.Max() - tolerance, theirs.Cum.Sum() + tolerance, name);
        }
    }
}
