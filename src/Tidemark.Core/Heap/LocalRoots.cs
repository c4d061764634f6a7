namespace Tidemark.Core.Heap;

/// <summary>Leaves out those locals on threads' stacks that hold nothing which would not be held without them.</summary>
/// <remarks>
/// A method that is at work inside of a collection holds its inner parts for that moment, or for as long as its frame lives where the
/// compiler keeps a slot to itself. Taken as an owner, such a local cuts a structure in two: its parts would be dominated by the stack,
/// and what grows in them would be told as held by a method instead of by the field that keeps it.
/// </remarks>
public static class LocalRoots
{
    /// <summary>The roots without the locals whose object is held by another root as well.</summary>
    /// <remarks>Where several locals hold one another's objects, one of them stays, such that everything is held as before.</remarks>
    public static IReadOnlyList<HeapRoot> LeaveOutPassing(ReferenceRows references, IReadOnlyList<HeapRoot> roots)
    {
        ArgumentNullException.ThrowIfNull(references);
        ArgumentNullException.ThrowIfNull(roots);
        var locals = roots.Where(r => r.Kind == RootKind.Stack).Select(r => r.Node).Distinct().ToList();
        if (locals.Count == 0)
        {
            return roots;
        }

        using var marks = new NativeArray<byte>(references.RowCount);
        var reach = new Reach(references, marks);
        foreach (var root in roots)
        {
            if (root.Kind != RootKind.Stack)
            {
                reach.From(root.Node, mark: 3);
            }
        }

        // What a local reaches that was not reached before. A later one may reach an earlier one, never the other way round: so a
        // second pass, backwards, finds those that none of the others reaches.
        var first = locals.Where(l => reach.From(l, mark: 1)).ToList();
        first.Reverse();
        var needed = first.Where(l => reach.From(l, mark: 2)).ToHashSet();
        return [.. roots.Where(r => r.Kind != RootKind.Stack || needed.Contains(r.Node))];
    }

    private sealed class Reach(ReferenceRows references, NativeArray<byte> marks)
    {
        private readonly Stack<int> waiting = new();

        /// <summary>Marks everything that an object holds, but for what has that mark already.</summary>
        /// <returns>False where the object itself had it.</returns>
        public bool From(int node, byte mark)
        {
            if (!Add(node, mark))
            {
                return false;
            }

            while (waiting.TryPop(out var next))
            {
                foreach (var target in references[next])
                {
                    Add(target, mark);
                }
            }

            return true;
        }

        private bool Add(int node, byte mark)
        {
            if ((marks[node] & mark) != 0)
            {
                return false;
            }

            marks[node] |= mark;
            waiting.Push(node);
            return true;
        }
    }
}
