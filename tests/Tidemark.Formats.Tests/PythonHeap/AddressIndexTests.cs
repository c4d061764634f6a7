using Tidemark.Formats.PythonHeap;

namespace Tidemark.Formats.Tests.PythonHeap;

public sealed class AddressIndexTests
{
    // Neighbours as an allocator hands them out, addresses that share their lower bits, and 0.
    [Theory]
    [InlineData(1)]
    [InlineData(1UL << 4)]
    [InlineData(1UL << 32)]
    [InlineData(1UL << 48)]
    public void It_numbers_as_a_dictionary_does(ulong distance)
    {
        var random = new Random(7);
        var index = new AddressIndex();
        var expected = new Dictionary<ulong, int>();
        for (var i = 0; i < 20_000; i++)
        {
            var address = distance * (ulong)random.Next(30_000);

            var isNew = index.TryAdd(address, out var node);

            isNew.ShouldBe(expected.TryAdd(address, expected.Count));
            node.ShouldBe(expected[address]);
        }

        index.Count.ShouldBe(expected.Count);
        for (var n = 0; n < 30_000; n++)
        {
            var address = distance * (ulong)n;
            index.Find(address).ShouldBe(expected.GetValueOrDefault(address, -1));
        }

        foreach (var (address, node) in expected)
        {
            index[node].ShouldBe(address);
        }
    }
}
