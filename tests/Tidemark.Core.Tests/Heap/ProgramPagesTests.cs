using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class ProgramPagesTests
{
    /// <summary>Nothing of the program's own that was written to is lost, and code that runs at the same time goes on.</summary>
    [Fact]
    public async Task What_was_let_go_comes_back()
    {
        var working = Task.Run(() => Enumerable.Range(0, 200).Sum(seed => Sorted(seed)));
        for (var i = 0; i < 100; i++)
        {
            ProgramPages.LetGo();
            Sorted(i).ShouldBe(Sorted(i));
        }

        (await working).ShouldBe(Enumerable.Range(0, 200).Sum(Sorted));
    }

    private static int Sorted(int seed)
    {
        var numbers = Enumerable.Range(0, 1000).Select(i => (i * 7919 + seed) % 1009).ToArray();
        Array.Sort(numbers);
        return numbers[500];
    }
}
