using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class ReferenceRowsTests
{
    [Fact]
    public void Rows_of_any_length_come_back_as_they_were_added()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var lengths = Enumerable.Range(0, random.Next(1, 200)).Select(_ => Length(random)).ToArray();
            var expected = lengths
                .Select(l => Enumerable.Range(0, l).Select(_ => random.Next(lengths.Length)).ToArray())
                .ToArray();
            using var builder = new ReferenceRowsBuilder();
            foreach (var row in expected)
            {
                if (random.Next(2) == 0)
                {
                    builder.AddRows([row.Length], row);
                    continue;
                }

                foreach (var target in row)
                {
                    builder.Add(target);
                }

                builder.EndRow();
            }

            var rows = builder.Build();

            rows.Count.ShouldBe(lengths.Sum(l => (long)l));
            for (var r = 0; r < lengths.Length; r++)
            {
                rows[r].ToArray().ShouldBe(expected[r], $"seed {seed}, row {r}");
            }
        }
    }

    [Fact]
    public void A_reference_to_an_object_that_does_not_exist_is_refused()
    {
        using var builder = new ReferenceRowsBuilder();
        builder.Add(1);
        builder.EndRow();
        Should.Throw<ArgumentException>(() => builder.Build());
    }

    private static int Length(Random random) =>
        random.Next(8) switch
        {
            0 => random.Next(250, 260),
            1 => random.Next(2000),
            2 => 0,
            _ => random.Next(20),
        };
}
