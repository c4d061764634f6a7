namespace Tidemark.Runtimes.Tests;

public class KnownRuntimesTests
{
    [Fact]
    public void Names_are_unique()
    {
        KnownRuntimes.All.Select(r => r.Name).ShouldBeUnique();
    }
}
