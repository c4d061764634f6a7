using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests;

public sealed class CaseFolderTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("tidemark-case").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static readonly CaseFile Fresh = new()
    {
        Target = new CaseTarget("checkout", "go", 42, null),
        StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(1000),
        ForSeconds = 60,
    };

    [Fact]
    public void What_was_gathered_is_read_back_with_its_restarts()
    {
        var path = Path.Combine(root, "case");
        using (var folder = CaseFolder.Create(path, Fresh))
        {
            folder.Append(1000, new SignalSample { [Signal.Footprint] = 1e9, [Signal.GcPause] = 0.25 });
            folder.Append(1000.5, new SignalSample { [Signal.Footprint] = 1e9 + 1 });
            folder.Update(f =>
                f with
                {
                    Restarts = [DateTimeOffset.UnixEpoch.AddSeconds(1000.7)],
                    Division = [new HeapDivision("3 holes", 12, "bytes", new Remedy("a pool", "work"))],
                }
            );
            folder.Append(1001, new SignalSample { [Signal.Footprint] = 5e8 });
        }

        using var again = CaseFolder.Open(path);
        var history = CaseHistory.Read(again);

        again.File.Target.ShouldBe(Fresh.Target);
        history.Times.ToArray().ShouldBe([1000, 1000.5, 1001]);
        history.Values(Signal.Footprint).ToArray().ShouldBe([1e9, 1e9 + 1, 5e8]);
        history.Values(Signal.GcPause).ToArray().ShouldBe([0.25, double.NaN, double.NaN]);
        again.File.Division.ShouldBe([new HeapDivision("3 holes", 12, "bytes", new Remedy("a pool", "work"))]);
        history.LifeCount.ShouldBe(2);
        history.Life(1).ShouldBe(2..3);
    }

    [Fact]
    public void A_resumed_case_goes_on_where_it_ended()
    {
        var path = Path.Combine(root, "case");
        using (var folder = CaseFolder.Create(path, Fresh))
        {
            folder.Append(1, new SignalSample { [Signal.Footprint] = 10 });
        }

        using (var folder = CaseFolder.Open(path))
        {
            folder.Resume();
            folder.Append(2, new SignalSample { [Signal.Footprint] = 20 });
        }

        using var again = CaseFolder.Open(path);
        CaseHistory.Read(again).Values(Signal.Footprint).ToArray().ShouldBe([10, 20]);
    }

    [Fact]
    public void Only_its_owner_may_read_it()
    {
        var path = Path.Combine(root, "case");
        using var folder = CaseFolder.Create(path, Fresh);

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.EnumerateFiles(path))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void A_folder_that_holds_a_case_is_not_overwritten()
    {
        var path = Path.Combine(root, "case");
        CaseFolder.Create(path, Fresh).Dispose();

        Should.Throw<IOException>(() => CaseFolder.Create(path, Fresh)).Message.ShouldContain("--resume");
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("{", "line 1")]
    [InlineData("null", "empty")]
    [InlineData("[]", "line 1")]
    [InlineData(
        """{"schema":"other/v9","target":{"name":"a","runtime":"go"},"startedAt":"2026-01-01T00:00:00Z","forSeconds":1}""",
        "other/v9"
    )]
    public void A_damaged_case_names_the_file_and_what_was_expected(string text, string expected)
    {
        File.WriteAllText(Path.Combine(root, CaseFolder.CaseName), text);

        var message = Should.Throw<IOException>(() => CaseFolder.Open(root)).Message;

        message.ShouldContain(CaseFolder.CaseName);
        message.ShouldContain(expected);
    }
}
