using System.Diagnostics;
using System.Globalization;
using Tidemark.Formats.Smaps;

namespace Tidemark.Formats.Tests.Smaps;

public sealed class SmapsTests : IDisposable
{
    internal static readonly string Data = string.Join(
        '\n',
        Mapping("00400000-00500000 r-xp 00000000 fe:00 1   /opt/my shop/bin", 1024),
        Mapping("01000000-02000000 rw-p 00000000 00:00 0   [heap]", 8192),
        Mapping("7f0000000000-7f0000022000 rw-p 00000000 00:00 0 ", 100),
        Mapping("7f0000022000-7f0004000000 ---p 00000000 00:00 0 ", 0),
        Mapping("7f0010000000-7f0010001000 ---p 00000000 00:00 0 ", 0),
        Mapping("7f0010001000-7f0010801000 rw-p 00000000 00:00 0 ", 40),
        Mapping("7f0020001000-7f0030001000 rw-p 00000000 00:00 0 ", 4096),
        Mapping("7f0040001000-7f0040002000 rw-s 00000000 00:01 9 /memfd:frames (deleted)", 4),
        Mapping("7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]", 8),
        ""
    );

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void Mappings_are_told_apart_by_what_they_are_used_for()
    {
        var rows = TextDump.Rows(dump.Read(Data).Profile).Where(r => !r.EndsWith(" 0", StringComparison.Ordinal));

        rows.ShouldBe([
            "/opt/my shop/bin;files = 1048576 0 1048576 0 1048576",
            "[heap];heap = 16777216 0 8388608 8388608 8388608",
            "[malloc arena];malloc arenas = 139264 0 102400 102400 102400",
            "[thread stack];thread stacks = 8388608 0 40960 40960 40960",
            "[anonymous 128 MiB to 1 GiB];anonymous memory = 268435456 0 4194304 4194304 4194304",
            "/memfd:frames;shared memory = 4096 0 4096 0 4096",
            "[stack];thread stacks = 135168 0 8192 8192 8192",
        ]);
    }

    [Fact]
    public void A_process_adds_up_to_what_the_kernel_says()
    {
        // One that waits: in this one other tests allocate and collect meanwhile.
        using var cat = Process.Start(
            new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true }
        )!;
        cat.StandardInput.WriteLine("ready");
        cat.StandardOutput.ReadLine().ShouldBe("ready");

        var regions = SmapsReader.Read("cat", File.ReadAllBytes($"/proc/{cat.Id}/smaps"));
        var rollup = File.ReadLines($"/proc/{cat.Id}/smaps_rollup")
            .First(l => l.StartsWith("Rss:", StringComparison.Ordinal));
        cat.Kill();

        regions.ShouldContain(r => r.Kind == RegionKind.Stack);
        regions.ShouldContain(r => r.Kind == RegionKind.File && r.Name.Contains("libc", StringComparison.Ordinal));
        var resident = double.Parse(rollup.Split(' ')[^2], CultureInfo.InvariantCulture) * 1024;
        ((double)regions.Sum(r => r.Resident)).ShouldBe(resident, 0.02 * resident);
    }

    [Fact]
    public void A_line_that_is_no_mapping_is_named()
    {
        Should
            .Throw<MalformedDumpException>(() => dump.Read(Data + "what is this\n"))
            .Message.ShouldContain("what is this");
    }

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line() => dump.SurvivesDamage(new SmapsFormat(), Data);

    private static string Mapping(string line, int resident)
    {
        var isFile = line.Contains('/', StringComparison.Ordinal);
        return $"{line}\nSize:                  1 kB\nRss:  {resident} kB\nPss:  {resident} kB\nAnonymous: {(isFile ? 0 : resident)} kB\nSwap: 0 kB\nVmFlags: rd wr mr";
    }
}
