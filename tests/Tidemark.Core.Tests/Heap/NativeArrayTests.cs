using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class NativeArrayTests
{
    [Fact]
    public void What_is_added_by_growing_is_zero_even_where_it_was_written_before_shrinking()
    {
        using var array = new NativeArray<int>(100);
        array.Slice(0, 100).Fill(7);
        array.Resize(10);
        array.Resize(5000);

        array.Slice(0, 10).ToArray().ShouldAllBe(v => v == 7);
        array.Slice(10, 4990).ToArray().ShouldAllBe(v => v == 0);
    }

    [Fact]
    public void It_keeps_its_content_through_sizes_of_any_order()
    {
        var random = new Random(7);
        using var array = new NativeArray<int>(0);
        var expected = new List<int>();
        for (var round = 0; round < 300; round++)
        {
            var length = random.Next(1 << random.Next(1, 17));
            array.Resize(length);
            expected.RemoveRange(Math.Min(length, expected.Count), Math.Max(0, expected.Count - length));
            expected.AddRange(new int[length - expected.Count]);
            array.Slice(0, length).SequenceEqual(expected.ToArray()).ShouldBeTrue($"round {round}");
            for (var i = 0; i < length; i++)
            {
                expected[i] = array[i] = random.Next();
            }
        }
    }

    [Fact]
    public void Memory_that_was_kept_is_zero_for_the_next_array_whatever_its_size()
    {
        KeptMemory.MostBytes = 64 << 20;
        try
        {
            foreach (var megabytes in new[] { 8, 4, 5, 12, 32, 6 })
            {
                using var array = new NativeArray<byte>((megabytes << 20) + 100);
                array.Slice(0, (int)array.Length).ContainsAnyExcept((byte)0).ShouldBeFalse($"{megabytes} MiB");
                array.Slice(0, (int)array.Length).Fill(7);
                array.Resize(array.Length / 2);
                array.Resize(array.Length * 3);
                array
                    .Slice((int)(array.Length / 3), (int)(array.Length / 3 * 2))
                    .ContainsAnyExcept((byte)0)
                    .ShouldBeFalse($"{megabytes} MiB, longer");
                array.Slice(0, (int)(array.Length / 3)).ContainsAnyExcept((byte)7).ShouldBeFalse();
            }
        }
        finally
        {
            KeptMemory.MostBytes = 0;
        }
    }

    [Fact]
    public void Asking_outside_of_it_is_refused()
    {
        using var array = new NativeArray<long>(3);

        Should.Throw<ArgumentOutOfRangeException>(() => array[3]);
        Should.Throw<ArgumentOutOfRangeException>(() => array[-1]);
        Should.Throw<ArgumentOutOfRangeException>(() => array.Slice(2, 2).Length);
    }

    [Fact]
    public void A_list_keeps_everything_while_it_grows()
    {
        using var list = new NativeList<int>(1);
        for (var i = 0; i < 100_000; i++)
        {
            list.Add(i);
        }

        using var array = list.ToArray();

        array.Length.ShouldBe(100_000);
        array[99_999].ShouldBe(99_999);
        list.Count.ShouldBe(0);
    }

    [Fact]
    public void More_than_65536_pairs_of_type_and_size_are_kept_apart()
    {
        using var builder = new NodeShapesBuilder();
        for (var i = 0; i < 100_000; i++)
        {
            builder.Add(i % 3, i);
        }

        var shapes = builder.Build();

        shapes.NodeCount.ShouldBe(100_000);
        for (var i = 0; i < 100_000; i += 997)
        {
            shapes.Types[shapes[i]].ShouldBe(i % 3);
            shapes.Sizes[shapes[i]].ShouldBe(i);
        }
    }
}
