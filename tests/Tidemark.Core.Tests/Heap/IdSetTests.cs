using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class IdSetTests
{
    [Theory]
    [InlineData(40UL, 0)] // close together
    [InlineData(40UL, 50)] // some are hashes, as V8's of native things
    [InlineData(ulong.MaxValue, 0)] // addresses
    public void Tells_the_identities_that_are_there(ulong range, int outliers)
    {
        var random = new Random(3);
        var ids = new HashSet<ulong> { 0, ulong.MaxValue };
        while (ids.Count < 2000)
        {
            ids.Add((ulong)random.NextInt64() % Math.Max(range, range * 2000));
        }

        for (var i = 0; i < outliers; i++)
        {
            ids.Add((ulong)random.NextInt64());
        }

        using var builder = new HeapGraphBuilder { HasStableIds = true };
        var type = builder.AddType("T");
        foreach (var id in ids)
        {
            builder.AddRoot(builder.AddNode(type, 8, id), RootKind.Static);
        }

        using var set = new IdSet(builder.Build());

        set.Count.ShouldBe(ids.Count);
        foreach (var id in ids)
        {
            foreach (var near in new[] { id, id + 1, id - 1, id ^ (1UL << 40) })
            {
                set.Contains(near).ShouldBe(ids.Contains(near));
            }
        }
    }
}
