using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Formats.V8;

namespace Tidemark.Formats.Tests.V8;

public sealed class V8HeapProfileTests : IDisposable
{
    internal const string Profile = """
        {"head":{"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},
         "selfSize":0,"id":1,"children":[
          {"callFrame":{"functionName":"main","scriptId":"7","url":"file:///srv/my%20app/main.mjs","lineNumber":4,"columnNumber":0},
           "selfSize":100,"id":2,"children":[
            {"callFrame":{"functionName":"","scriptId":"7","url":"node:events","lineNumber":0,"columnNumber":0},
             "selfSize":64,"id":3,"children":[]}]}]},
         "samples":[{"size":100,"nodeId":2,"ordinal":1}]}
        """;

    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Call_frames_become_stacks_with_their_live_bytes()
    {
        var profile = Read(Profile);

        profile.StackCount.ShouldBe(2);
        var byDepth = Enumerable.Range(0, 2).OrderBy(s => profile.Stack(s).Length).ToList();
        profile.Values(0)[byDepth[0]].ShouldBe(100);
        profile.Values(0)[byDepth[1]].ShouldBe(64);
        var outer = profile.Frames[profile.Stack(byDepth[0])[0]];
        var main = profile.Functions[outer.Function];
        main.Name.ShouldBe("main");
        main.File.ShouldBe("/srv/my app/main.mjs");
        outer.Line.ShouldBe(5);
        var inner = profile.Stack(byDepth[1]);
        profile.Functions[profile.Frames[inner[0]].Function].Name.ShouldStartWith("callback at ");
        profile.Functions[profile.Frames[inner[1]].Function].Name.ShouldBe("main");
    }

    [Fact]
    public void A_truncated_profile_is_refused_with_its_place()
    {
        for (var length = 1; length < Profile.Length; length += 3)
        {
            var damage = Should.Throw<MalformedDumpException>(() => Read(Profile[..length]));
            damage.Offset.ShouldBeInRange(0, length);
        }
    }

    [Fact]
    public void A_stack_without_end_is_refused()
    {
        const string open = "{\"selfSize\":1,\"children\":[";
        var deep = "{\"head\":" + string.Concat(Enumerable.Repeat(open, 100_000));
        Should.Throw<MalformedDumpException>(() => Read(deep));
    }

    private AllocationProfile Read(string text)
    {
        File.WriteAllText(path, text, new UTF8Encoding(false));
        var snapshot = new V8HeapProfileFormat().Read(DumpFile.Open(path), ReadContext.Quiet);
        return snapshot.ShouldBeOfType<ProfileSnapshot>().Profile;
    }
}
