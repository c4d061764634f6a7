using System.Reflection;

namespace Tidemark.Architecture.Tests;

/// <summary>The arrows of ARCHITECTURE.md, kept by the build.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Tidemark.Core"] = [],
        ["Tidemark.Symbols"] = [],
        ["Tidemark.Formats"] = ["Tidemark.Core", "Tidemark.Symbols"],
        ["Tidemark.Metrics"] = ["Tidemark.Core"],
        ["Tidemark.Runtimes"] = ["Tidemark.Core", "Tidemark.Symbols", "Tidemark.Formats"],
        ["Tidemark.Diagnosis"] = ["Tidemark.Core", "Tidemark.Formats", "Tidemark.Metrics", "Tidemark.Runtimes"],
        ["Tidemark.Reports"] = ["Tidemark.Core", "Tidemark.Formats", "Tidemark.Diagnosis"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_what_lies_below_it(string project)
    {
        var used = Assembly
            .Load(project)
            .GetReferencedAssemblies()
            .Select(a => a.Name!)
            .Where(n => n.StartsWith("Tidemark", StringComparison.OrdinalIgnoreCase));

        used.ShouldBeSubsetOf(Allowed[project]);
    }

    [Fact]
    public void Every_project_has_its_arrows_written_down()
    {
        var folders = Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName);

        folders.ShouldBe([.. Allowed.Keys, "Tidemark.Cli"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("System.Net.Http")]
    [InlineData("System.Net.Sockets")]
    [InlineData("System.Diagnostics.Process")]
    [InlineData("System.Console")]
    [InlineData("System.IO.Pipes")]
    [InlineData("System.IO.MemoryMappedFiles")]
    [InlineData("Spectre.Console")]
    public void Core_stays_pure(string assembly) =>
        Assembly.Load("Tidemark.Core").GetReferencedAssemblies().Select(a => a.Name).ShouldNotContain(assembly);

    [Fact]
    public void The_interfaces_are_the_few_that_earned_it()
    {
        var interfaces = Allowed
            .Keys.SelectMany(p => Assembly.Load(p).GetExportedTypes())
            .Where(t => t.IsInterface)
            .Select(t => t.Name);

        interfaces.ShouldBeSubsetOf(["IDumpFormat", "IRuntime", "ISignalSource", "ICaseStore", "IRestarter"]);
    }

    [Fact]
    public void No_source_file_has_outgrown_its_room()
    {
        var large = Directory
            .EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => File.ReadLines(f).Count() > 600)
            .Select(f => Path.GetRelativePath(Root, f));

        large.ShouldBeEmpty();
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Tidemark.slnx")))
            {
                folder = folder.Parent ?? throw new InvalidOperationException("not inside of a checkout");
            }

            return folder.FullName;
        }
    }
}
