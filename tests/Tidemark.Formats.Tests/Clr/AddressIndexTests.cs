using Tidemark.Formats.Clr;

namespace Tidemark.Formats.Tests.Clr;

public class AddressIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_dictionary_whatever_the_order(int seed)
    {
        var random = new Random(seed);
        var index = new AddressIndex();
        var truth = new Dictionary<ulong, int>();
        var address = 0x7f00_0000_0000ul;
        for (var i = 0; i < 20_000; i++)
        {
            // Mostly upwards as in a heap, sometimes back into pages that were seen already.
            address =
                random.Next(50) == 0
                    ? 0x7f00_0000_0000ul + (ulong)random.Next(1 << 20) * 8
                    : address + (ulong)random.Next(1, 200) * 8;
            if (index.Add(address))
            {
                truth.Add(address, truth.Count);
            }
            else
            {
                truth.ShouldContainKey(address);
            }
        }

        index.Count.ShouldBe(truth.Count);
        truth.Where(t => index.Find(t.Key) != t.Value).ShouldBeEmpty();
        truth.Where(t => index.Id(t.Value) != t.Key).ShouldBeEmpty();
        truth.Keys.Where(at => index.Find(at + 8) != truth.GetValueOrDefault(at + 8, -1)).ShouldBeEmpty();
    }

    [Fact]
    public void Addresses_that_no_object_can_have_are_refused()
    {
        var index = new AddressIndex();
        index.Add(0x1004).ShouldBeFalse();
        index.Add(0x1000).ShouldBeTrue();
        index.Add(0x1000).ShouldBeFalse();
        index.Find(0x1004).ShouldBe(-1);
        index.Find(ulong.MaxValue).ShouldBe(-1);
    }
}
