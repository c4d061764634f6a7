using Tidemark.Core.Allocation;

namespace Tidemark.Core.Tests.Allocation;

public class FramePruningTests
{
    [Theory]
    [InlineData("malloc < new_node < main", "malloc", "", "new_node < main")]
    [InlineData("inner < malloc(unsigned long) < main", "malloc", "", "main")]
    [InlineData("malloc < realloc < main", "malloc|realloc", "realloc", "realloc < main")]
    [InlineData("helper < malloc", "malloc", "", "helper < malloc")]
    [InlineData("a < b < main", "", "", "a < b < main")]
    [InlineData("a < b < main", "(", "", "a < b < main")]
    public void Dropped_frames_go_with_what_they_called(string stack, string drop, string keep, string expected)
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace])
        {
            Header = new ProfileHeader { DropFrames = drop, KeepFrames = keep },
        };
        builder.Add([.. stack.Split(" < ").Select(f => builder.AddFrame(f, "", 1))], [1]);

        var pruned = FramePruning.Prune(builder.Build());

        string.Join(" < ", pruned.Stack(0).ToArray().Select(f => RandomProfiles.NameOf(pruned, f))).ShouldBe(expected);
    }
}
