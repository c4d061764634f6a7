using Tidemark.Core.Allocation;

namespace Tidemark.Profiles;

/// <summary>Draws heap profiles the size of which no service on this machine has: a program of many functions that call each other, sampled twice.</summary>
/// <remarks>The same seed draws the same profiles. Functions are called with the long tail that real programs have; stacks are 8 to 64 frames deep, one call in six is inlined, and a few allocation sites grow between the two profiles.</remarks>
internal sealed class ProfileWorld(int samples, int seed)
{
    private const ulong Start = 0x400000;
    private const int GrowingEvery = 997;

    private readonly int functionCount = Math.Clamp(samples / 20, 200, 25_000);

    /// <param name="later">The second of the two: nine in ten stacks are those of the first.</param>
    public AllocationProfile Profile(bool later)
    {
        var builder = new AllocationProfileBuilder(
            [SampleType.AllocObjects, SampleType.AllocSpace, SampleType.InUseObjects, SampleType.InUseSpace],
            samples
        )
        {
            Header = new ProfileHeader
            {
                PeriodType = new SampleType("space", "bytes"),
                Period = 512 * 1024,
                TakenAt = DateTimeOffset.UnixEpoch.AddDays(20_000).AddMinutes(later ? 5 : 0),
            },
        };
        var module = builder.AddModule(
            new Module("/srv/generated/app", "", Start, Start + 0x10000000) { HasFunctions = true }
        );
        var functions = new int[functionCount];
        for (var f = 0; f < functionCount; f++)
        {
            var package = f % 311;
            functions[f] = builder.AddFunction(
                new Function(
                    $"example.com/shop/package{package}.(*Service{f % 1699}).Method{f}",
                    $"/src/shop/package{package}/file{f % 977}.go"
                )
            );
        }

        var stack = new int[128];
        for (var s = 0; s < samples; s++)
        {
            var isFresh = later && s % 10 == 0;
            var random = new Random(HashCode(seed, isFresh ? samples + s : s));
            var depth = DrawStack(random, builder, functions, module, stack);
            var size = 16L << random.Next(14);
            var live = 1 + random.Next(40);
            var grown = later && s % GrowingEvery == 0 ? live * 50 : 0;
            builder.Add(
                stack.AsSpan(0, depth),
                [live * 7, live * 7 * size, live + grown, (live + grown) * size],
                builder.AddLabels([new Label("bytes", null, size)])
            );
        }

        return builder.Build();
    }

    /// <summary>Fills the stack from the innermost frame outwards. A call site has one address, and what was inlined there shares it.</summary>
    private static int DrawStack(
        Random random,
        AllocationProfileBuilder builder,
        int[] functions,
        int module,
        int[] stack
    )
    {
        var depth = 8 + random.Next(57);
        for (var i = 0; i < depth; i++)
        {
            // Close to the root few functions are met, close to the leaf many.
            var spread = Math.Pow(random.NextDouble(), 1 + (8.0 * i / depth));
            var function = (int)(spread * (functions.Length - 1));
            var site = random.Next(3);
            var address = Start + ((ulong)function * 64) + ((ulong)site * 8) + 1;
            if ((function + site) % 6 == 0 && i + 1 < depth)
            {
                var inlined = functions[((function * 7) + site) % functions.Length];
                stack[i++] = builder.AddFrame(new Frame(inlined, 10 + site, IsInlined: true, address, module));
            }

            stack[i] = builder.AddFrame(
                new Frame(functions[function], 10 + (site * 7), IsInlined: false, address, module)
            );
        }

        return depth;
    }

    private static int HashCode(int a, int b) => unchecked((a * 1_000_003) ^ (b * 0x5bd1e995));
}
