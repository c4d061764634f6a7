namespace Tidemark.Core.Tests.Growth;

public class GrowthScriptTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Growth", "Scripts");

    public static TheoryData<string> Scripts =>
        [.. Directory.EnumerateFiles(Folder, "*.growth").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void The_verdict_is_as_the_script_expects(string name) =>
        new GrowthScript(name, File.ReadAllText(Path.Combine(Folder, name + ".growth"))).Failures().ShouldBeEmpty();
}
