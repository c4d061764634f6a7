using System.Diagnostics;
using Tidemark.Diagnosis.Watching;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Diagnosis.Tests.Watching;

public class ResidentSetNotesTests
{
    [Fact]
    public async Task What_workers_have_in_common_is_told_apart_from_what_each_has_alone()
    {
        // 64 MiB that four processes share, as the workers of a server that forks do.
        const string program =
            "import os, sys\nheld = bytearray(b'x' * (64 << 20))\nworkers = [os.fork() for _ in range(2)]\nos.write(1, b'ready\\n')\nsys.stdin.read()";
        using var process = Process.Start(
            new ProcessStartInfo("python3", ["-c", program])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        for (var ready = 0; ready < 4; ready++)
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        }

        var said = ResidentSetNotes.Of(new ProcessFiles(process.Id).ReadSmapsRollup()).ToList();
        process.StandardInput.Close();
        await process.WaitForExitAsync();

        said.ShouldHaveSingleItem()
            .ShouldMatch(@"^(4[5-9]|5\d)(\.\d)? MiB of the (6\d|7\d)(\.\d)? MiB resident .* \(PSS\)$");
        ResidentSetNotes
            .Of(new ProcessFiles(Environment.ProcessId).ReadSmapsRollup())
            .ShouldNotContain(s => s.Contains("(PSS)"));
    }

    [Fact]
    public void What_the_kernel_may_take_back_and_what_is_little_or_unknown()
    {
        const long megabyte = 1 << 20;
        var lazy = new SmapsRollup(200 * megabyte, 190 * megabyte, 180 * megabyte, 180 * megabyte, 90 * megabyte);
        ResidentSetNotes
            .Of(lazy)
            .ShouldHaveSingleItem()
            .ShouldStartWith("90.0 MiB of the 200 MiB resident were given back");
        ResidentSetNotes.Of(lazy with { LazyFree = 8 * megabyte }).ShouldBeEmpty();
        ResidentSetNotes
            .Of(lazy with { LazyFree = 0, ProportionalAnonymous = 0 })
            .ShouldBeEmpty("older kernels do not tell");
        ResidentSetNotes.Of(null).ShouldBeEmpty();
    }
}
