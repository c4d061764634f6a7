namespace Tidemark.Formats.Tests;

public class DumpFormatsTests
{
    [Fact]
    public void A_file_of_no_known_format_is_told_as_such()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "not a dump");
            DumpFormats.Detect(DumpFile.Open(path)).ShouldBeNull();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Names_are_unique()
    {
        DumpFormats.All.Select(f => f.Name).ShouldBeUnique();
    }
}
