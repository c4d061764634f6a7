using System.Diagnostics;
using Tidemark.Core.Series;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Metrics.Tests.Procfs;

public class ProcfsTests
{
    [Fact]
    public void A_name_with_spaces_and_parentheses_does_not_shift_the_fields()
    {
        var stat = ProcessStat.Parse(
            "42 (a) R (b) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 10 18446744073709551615"
        );

        stat.ShouldBe(new ProcessStat("a) R (b", 'S', 7, 98765));
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("42 (x")]
    [InlineData("42 (x) S 1")]
    public void A_broken_stat_line_is_no_answer(string text) => ProcessStat.Parse(text).ShouldBeNull();

    [Fact]
    public async Task Memory_that_is_touched_raises_the_footprint()
    {
        // A process that does nothing else: in this one other tests allocate and collect meanwhile.
        const int size = 64 << 20;
        var program = $"print('ready', flush=True); input(); kept = b'x' * {size}; print('held', flush=True); input()";
        using var process = Process.Start(
            new ProcessStartInfo("python3", ["-c", program])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        await using var source = ProcfsSource.Open(process.Id);
        var sample = new SignalSample();
        await source.SampleAsync(sample, default);
        var before = sample[Signal.Footprint];
        sample[Signal.Threads].ShouldBe(1);
        sample[Signal.Handles].ShouldBeGreaterThanOrEqualTo(3);

        await process.StandardInput.WriteLineAsync("");
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("held");
        await source.SampleAsync(sample, default);
        process.Kill();
        await process.WaitForExitAsync();

        (sample[Signal.Footprint] - before).ShouldBeInRange(size * 0.98, size * 1.1);
    }

    [Fact]
    public async Task A_process_that_ends_is_told_apart_from_one_that_runs()
    {
        using var process = Process.Start("sleep", "60");
        await using var source = ProcfsSource.Open(process.Id);
        await source.SampleAsync(new SignalSample(), default);
        process.Kill();
        await process.WaitForExitAsync();

        await Should.ThrowAsync<TargetGoneException>(async () => await source.SampleAsync(new SignalSample(), default));
        Should.Throw<TargetGoneException>(() => ProcfsSource.Open(process.Id)).Message.ShouldContain("no process");
    }

    [Fact]
    public void The_working_set_of_version_2_leaves_inactive_file_pages_out_and_the_lowest_limit_counts()
    {
        using var files = new FakeKernel();
        files.Write("42/cgroup", "0::/kube/pod1/app\n");
        files.Write("mountinfo", $"30 1 0:26 / {files.Root}/cg rw - cgroup2 cgroup2 rw\n");
        files.Write("cg/kube/memory.max", "8000000\n");
        files.Write("cg/kube/pod1/memory.max", "4000000\n");
        files.Write("cg/kube/pod1/app/memory.max", "max\n");
        files.Write("cg/kube/pod1/app/memory.current", "3000000\n");
        files.Write(
            "cg/kube/pod1/app/memory.stat",
            "anon 1500000\nfile 1200000\ninactive_file 900000\nslab_reclaimable 100000\n"
        );

        var cgroup = CgroupMemory.Of(new ProcessFiles(42, files.Root), $"{files.Root}/mountinfo").ShouldNotBeNull();

        cgroup.ReadUsage().ShouldBe(new CgroupUsage(3000000, 2100000, 1300000));
        cgroup.ReadLimit().ShouldBe(4000000);
        cgroup.IsRoot.ShouldBeFalse();
    }

    [Fact]
    public void Version_1_counts_the_children_and_its_huge_number_is_no_limit()
    {
        using var files = new FakeKernel();
        files.Write("42/cgroup", "5:cpu:/x\n4:memory:/docker/abc\n0::/\n");
        files.Write("mountinfo", $"30 1 0:26 /docker/abc {files.Root}/cg rw - cgroup cgroup rw,memory\n");
        files.Write("cg/memory.usage_in_bytes", "500\n");
        files.Write("cg/memory.limit_in_bytes", "9223372036854771712\n");
        files.Write("cg/memory.stat", "inactive_file 1\ncache 2\ntotal_inactive_file 200\ntotal_cache 300\n");

        var cgroup = CgroupMemory.Of(new ProcessFiles(42, files.Root), $"{files.Root}/mountinfo").ShouldNotBeNull();

        cgroup.ReadUsage().ShouldBe(new CgroupUsage(500, 300, 300));
        cgroup.ReadLimit().ShouldBeNull();
    }

    [Theory]
    [InlineData(
        "0::/app\n",
        "cgroup2 cgroup2 rw",
        "memory.stat",
        "memory.events",
        "low 0\nhigh 0\nmax 71\noom 2\noom_kill "
    )]
    [InlineData(
        "4:memory:/app\n",
        "cgroup cgroup rw,memory",
        "memory.usage_in_bytes",
        "memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill "
    )]
    public async Task A_kill_is_told_by_the_group_that_counts_it_and_by_no_other(
        string membership,
        string mount,
        string known,
        string events,
        string text
    )
    {
        using var files = new FakeKernel();
        files.Write("42/cgroup", membership);
        files.Write("42/stat", "42 (app) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 10 0");
        files.Write("mountinfo", $"30 1 0:26 / {files.Root}/cg rw - {mount}\n");
        files.Write($"cg/app/{known}", "0\n");
        files.Write($"cg/app/{events}", $"{text}3\n");
        files.Write("cg/app/memory.max", "67108864\n");
        files.Write("cg/app/memory.limit_in_bytes", "67108864\n");
        files.Write("cg/app/cgroup.procs", "42\n");
        await using var source = ProcfsSource.Open(42, files.Root, $"{files.Root}/mountinfo");
        await source.SampleAsync(new SignalSample(), default);

        source.ReadKill().ShouldBeNull("what was killed earlier was another");
        files.Write($"cg/app/{events}", $"{text}4\n");
        source.ReadKill().ShouldBe(new MemoryKill(67108864, WasAlone: true));
        Directory.Delete($"{files.Root}/cg", recursive: true);
        source.ReadKill().ShouldBeNull("the group is gone");
    }

    private sealed class FakeKernel : IDisposable
    {
        public string Root { get; } = Directory.CreateTempSubdirectory("tidemark-proc").FullName;

        public void Write(string path, string text)
        {
            var full = Path.Combine(Root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        public void Dispose() => Directory.Delete(Root, recursive: true);
    }
}
