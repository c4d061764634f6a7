using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Tests;

/// <summary>A capture in text, written to a file of its own.</summary>
internal sealed class TextDump : IDisposable
{
    public string Path { get; } = TemporaryFile.NewPath();

    public void Dispose() => File.Delete(Path);

    /// <summary>Reads the text with the format that recognises it.</summary>
    public ProfileSnapshot Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    public ProfileSnapshot Read(ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(Path, content);
        var file = DumpFile.Open(Path);
        return DumpFormats
            .Detect(file)
            .ShouldNotBeNull()
            .Read(file, ReadContext.Quiet)
            .ShouldBeOfType<ProfileSnapshot>();
    }

    /// <summary>Replaces a part of a good file: it must be refused, with one line that names what is wrong.</summary>
    public void Refuses(string good, string written, string damaged, string named)
    {
        good.ShouldContain(written);

        Should
            .Throw<MalformedDumpException>(() => Read(good.Replace(written, damaged, StringComparison.Ordinal)))
            .Message.ShouldContain(named);
    }

    /// <summary>Each stack as <c>leaf;caller = value of each column</c>.</summary>
    public static IEnumerable<string> Rows(AllocationProfile profile)
    {
        for (var s = 0; s < profile.StackCount; s++)
        {
            var names = new List<string>();
            foreach (var frame in profile.Stack(s))
            {
                names.Add(profile.Functions[profile.Frames[frame].Function].Name);
            }

            var values = Enumerable.Range(0, profile.SampleTypes.Count).Select(t => profile.Values(t)[s]);
            yield return $"{string.Join(";", names)} = {string.Join(" ", values)}";
        }
    }

    /// <summary>Damages a good file in many ways: each must be read, refused with one line that names the file, or not be recognised, and none may take long.</summary>
    public void SurvivesDamage(
        IDumpFormat format,
        string good,
        int rounds = 1500,
        ReadOnlySpan<byte> alphabet = default
    )
    {
        var whole = Encoding.UTF8.GetBytes(good);
        var random = new Random(5);
        var letters = alphabet.IsEmpty ? "0123456789abcdef:[]@ \n-+x<>\"./\0\xff"u8 : alphabet;
        var started = Environment.CpuUsage.TotalTime; // not by the clock: a busy machine lets nobody run for a while
        for (var round = 0; round < rounds; round++)
        {
            var bytes = round < whole.Length ? whole[..round] : (byte[])whole.Clone();
            for (var change = 0; round >= whole.Length && change < 1 + (round % 8); change++)
            {
                bytes[random.Next(bytes.Length)] = letters[random.Next(letters.Length)];
            }

            File.WriteAllBytes(Path, bytes);
            try
            {
                format.Read(DumpFile.Open(Path), ReadContext.Quiet);
            }
            catch (MalformedDumpException refused)
            {
                refused.Message.ShouldStartWith(Path);
                refused.Message.ShouldNotContain("\n");
                refused.Offset.ShouldBeInRange(0, bytes.Length);
            }
        }

        (Environment.CpuUsage.TotalTime - started).ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }
}
