namespace Tidemark.Formats.Hprof;

/// <summary>Numbers for the distinct pairs of array type and length; shared by the threads that read.</summary>
internal sealed class ArrayShapes(int first)
{
    private readonly Dictionary<(int Type, uint Length), int> known = [];
    private readonly Lock access = new();

    /// <summary>Type and length of each number, from the first one on.</summary>
    public List<(int Type, uint Length)> Pairs { get; } = [];

    private int Number(int type, uint length)
    {
        lock (access)
        {
            if (!known.TryGetValue((type, length), out var number))
            {
                number = first + Pairs.Count;
                known.Add((type, length), number);
                Pairs.Add((type, length));
            }

            return number;
        }
    }

    /// <summary>One thread's memory of numbers.</summary>
    public sealed class Cache(ArrayShapes shapes)
    {
        private const int ShortLength = 1024;

        /// <summary>Types with a list of their short lengths; a dump has hundreds of array types, a damaged one any number.</summary>
        private const int MostTypes = 4096;
        private readonly Dictionary<long, int> known = [];
        private readonly Dictionary<int, int[]> shortOnes = [];
        private int lastType = -1;
        private int[] lastShort = [];

        public int Number(int type, uint length)
        {
            if (length < ShortLength && (type == lastType || TurnTo(type)))
            {
                ref var number = ref lastShort[length];
                return number != 0 ? number : number = shapes.Number(type, length);
            }

            var key = ((long)type << 32) | length;
            if (!known.TryGetValue(key, out var found))
            {
                known.Add(key, found = shapes.Number(type, length));
            }

            return found;
        }

        private bool TurnTo(int type)
        {
            if (!shortOnes.TryGetValue(type, out var own))
            {
                if (shortOnes.Count >= MostTypes)
                {
                    return false;
                }

                shortOnes.Add(type, own = new int[ShortLength]);
            }

            lastType = type;
            lastShort = own;
            return true;
        }
    }
}
