using System.Diagnostics;
using System.Globalization;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Tests.Processes;

public class MemoryMappingTests
{
    private static readonly string[] Smaps =
    [
        "f9c00000-fb400000 rw-p 00000000 00:00 0 ",
        "Size:              24576 kB",
        "Rss:               20480 kB",
        "Pss:               20480 kB",
        "7f0000000000-7f0000021000 r-xp 00001000 08:01 77                  /usr/lib/a - b.so",
        "Rss:                 132 kB",
    ];

    [Fact]
    public void Each_mapping_has_its_addresses_its_name_and_what_is_in_memory() =>
        MemoryMapping
            .Parse(Smaps)
            .ShouldBe([
                new MemoryMapping(0xf9c00000, 0xfb400000, "", 20480 * 1024),
                new MemoryMapping(0x7f0000000000, 0x7f0000021000, "/usr/lib/a - b.so", 132 * 1024),
            ]);

    [Fact]
    public void Nothing_is_read_behind_what_is_asked_for()
    {
        var lines = 0;

        MemoryMapping.Parse(Smaps.Select(l => (Line: l, Number: lines++).Line)).First().From.ShouldBe(0xf9c00000ul);

        lines.ShouldBe(3);
    }

    [Fact]
    public void All_mappings_of_a_process_add_up_to_its_resident_set()
    {
        // One that waits: in this one other tests allocate and collect meanwhile.
        using var cat = Process.Start(
            new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true }
        )!;
        cat.StandardInput.WriteLine("ready");
        cat.StandardOutput.ReadLine().ShouldBe("ready");
        var rollup = File.ReadLines($"/proc/{cat.Id}/smaps_rollup")
            .First(l => l.StartsWith("Rss:", StringComparison.Ordinal));
        var resident = long.Parse(rollup.Split(' ')[^2], CultureInfo.InvariantCulture) * 1024;
        var mapped = LinuxProcess.Find(cat.Id)!.ReadResidentBytes(0, ulong.MaxValue);
        cat.Kill();

        ((double)mapped!).ShouldBe(resident, 0.02 * resident);
    }
}
