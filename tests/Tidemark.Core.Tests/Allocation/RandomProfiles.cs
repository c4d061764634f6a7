using Tidemark.Core.Allocation;

namespace Tidemark.Core.Tests.Allocation;

/// <summary>Seeded random profiles: recursive stacks, inlined calls, negative values, repeated stacks.</summary>
internal static class RandomProfiles
{
    public static AllocationProfile Draw(int seed, int stacks = 200)
    {
        var random = new Random(seed);
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace]);
        for (var s = 0; s < stacks; s++)
        {
            var depth = random.Next(9);
            var stack = new int[depth];
            for (var i = 0; i < depth; i++)
            {
                var function = random.Next(12);
                stack[i] = builder.AddFrame(
                    new Frame(
                        builder.AddFunction(new Function($"f{function}", $"f{function % 3}.go")),
                        random.Next(1, 4),
                        IsInlined: i + 1 < depth && function % 4 == 0
                    )
                );
            }

            builder.Add(stack, [random.Next(-3, 10), random.Next(-5000, 20_000)]);
        }

        return builder.Build();
    }

    public static string NameOf(AllocationProfile profile, int frame) =>
        profile.Functions[profile.Frames[frame].Function].Name;
}
