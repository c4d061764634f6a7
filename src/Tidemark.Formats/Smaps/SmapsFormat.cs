using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Symbols;

namespace Tidemark.Formats.Smaps;

/// <summary>What the kernel prints in <c>/proc/PID/smaps</c>: each mapping with what of it is in memory. See FORMAT.md.</summary>
/// <remarks>It is shown as a profile: the "stack" of a row is the mapping's name and its kind.</remarks>
public sealed class SmapsFormat : IDumpFormat
{
    private const long MaxContentBytes = 256 << 20;

    private static readonly SampleType[] Columns =
    [
        new("size", "bytes"),
        new("swap", "bytes"),
        new("pss", "bytes"),
        new("anonymous", "bytes"),
        new("rss", "bytes"),
    ];

    /// <inheritdoc />
    public string Name => "smaps";

    /// <inheritdoc />
    public string Title => "memory mappings (/proc/PID/smaps)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head)
    {
        var end = head.Content.IndexOf((byte)'\n');
        return end is > 20 and < 2048
            && head.Content[(end + 1)..].StartsWith("Size:"u8)
            && Mapping.Parse(Encoding.UTF8.GetString(head.Content[..end])) is not null;
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(MaxContentBytes, context.Cancellation);
        var regions = SmapsReader.Read(file.Path, content.Span);
        var builder = new AllocationProfileBuilder(Columns)
        {
            Header = new ProfileHeader { DefaultSampleType = "rss", IsCensus = true },
        };
        foreach (var region in regions)
        {
            ReadOnlySpan<int> stack =
            [
                builder.AddFrame(region.Name, region.Mapping.IsFile ? region.Mapping.Path : "", 0),
                builder.AddFrame(Region.NameOf(region.Kind), "", 0),
            ];
            builder.Add(
                stack,
                [(long)region.Mapping.Size, region.Swap, region.Proportional, region.Anonymous, region.Resident]
            );
        }

        return new ProfileSnapshot(builder.Build())
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }

    /// <summary>The names of the mappings of one kind in such a profile.</summary>
    public static IReadOnlySet<string> NamesOf(AllocationProfile profile, RegionKind kind)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var kindName = Region.NameOf(kind);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var stack = 0; stack < profile.StackCount; stack++)
        {
            var frames = profile.Stack(stack);
            if (frames.Length == 2 && NameOf(frames[1]) == kindName)
            {
                names.Add(NameOf(frames[0]));
            }
        }

        return names;

        string NameOf(int frame) => profile.Functions[profile.Frames[frame].Function].Name;
    }
}
