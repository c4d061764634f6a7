using System.Diagnostics;
using Tidemark.Runtimes.Native;

namespace Tidemark.Runtimes.Tests.Native;

public class HookBlockTests
{
    [Fact]
    public async Task The_committed_code_is_what_its_source_compiles_to()
    {
        var folder = Path.Combine(FindRoot(), "src", "Tidemark.Runtimes", "Native", "Hooks");
        var built = Path.GetTempFileName();
        try
        {
            using var build = Process.Start(Path.Combine(folder, "build.sh"), [built]);
            await build.WaitForExitAsync();
            build.ExitCode.ShouldBe(0);
            (await File.ReadAllBytesAsync(built)).ShouldBe(
                HookBlock.Code,
                "allocation-hooks.bin is that of gcc 12 (Debian 12): after a change of its source, run build.sh there"
            );
        }
        finally
        {
            File.Delete(built);
        }
    }

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Tidemark.slnx")))
        {
            at = Path.GetDirectoryName(at)!;
        }

        return at;
    }
}
