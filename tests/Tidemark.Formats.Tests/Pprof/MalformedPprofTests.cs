using System.IO.Compression;
using Tidemark.Core.Allocation;
using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.Tests.Pprof;

public class MalformedPprofTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_message_cut_off_at_any_length_is_refused_with_the_place_or_is_whole()
    {
        var whole = Unpacked();
        for (var length = 0; length < whole.Length; length++)
        {
            Refusal(whole[..length])?.Offset.ShouldBeLessThanOrEqualTo(length);
        }
    }

    [Fact]
    public void A_packed_file_cut_off_at_any_length_is_refused_unless_only_its_checksum_is_gone()
    {
        const int checksumAndLastBits = 9;
        var whole = Packed(Unpacked());
        for (var length = 2; length < whole.Length - checksumAndLastBits; length++)
        {
            Refusal(whole[..length]).ShouldNotBeNull($"{length} of {whole.Length} bytes");
        }
    }

    [Fact]
    public void A_flipped_bit_is_read_or_refused_and_nothing_else()
    {
        var started = Environment.CpuUsage.TotalTime; // not by the clock: a busy machine lets nobody run for a while
        var whole = Unpacked();
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Refusal(damaged);
        }

        (Environment.CpuUsage.TotalTime - started).ShouldBeLessThan(Patience);
    }

    [Theory]
    [InlineData("0a ff ff ff ff ff ff ff ff 7f", "a field of")]
    [InlineData("0a 04 08 01 10 02 12 ff ff ff ff 0f", "a field of")]
    [InlineData("ff ff ff ff ff ff ff ff ff ff ff ff", "more than ten bytes")]
    [InlineData("0b", "expected a protobuf field")]
    [InlineData("0a 02 08 01", "string table")]
    [InlineData("32 00 32 01 61", "sample types")]
    [InlineData("0a 02 08 05 32 00", "string 5")]
    [InlineData("0a 02 08 01 12 02 10 01 12 04 10 01 10 02 32 00 32 01 61", "expected 1 values")]
    [InlineData("0a 02 08 01 12 04 08 09 10 01 32 00 32 01 61", "location 9")]
    [InlineData("0a 02 08 01 22 06 08 01 22 02 08 07 32 00 32 01 61", "function 7")]
    [InlineData("0a 02 08 01 22 02 08 01 22 02 08 01 32 00 32 01 61", "two of the locations")]
    [InlineData("0a 02 08 01 22 00 32 00 32 01 61", "reserved id 0")]
    [InlineData("0a 02 08 01 32 00 32 01 61 48 01 48 01", "second profile")]
    public void Nonsense_is_named(string bytes, string problem) =>
        Refusal(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))
            .ShouldNotBeNull()
            .Problem.ShouldContain(problem);

    [Fact]
    public void A_gzip_bomb_is_refused_before_it_costs_memory()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 64; i++)
            {
                gzip.Write(zeros);
            }
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refusal(bomb.ToArray(), new PprofLimits { MaxContentBytes = 4 << 20 })
            .ShouldNotBeNull()
            .Problem.ShouldContain("more than 4194304 bytes");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(16 << 20);
    }

    [Fact]
    public void Stacks_beyond_the_limits_are_refused()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        builder.Add([.. Enumerable.Range(0, 40).Select(i => builder.AddFrame($"f{i}", "", 1))], [1]);
        builder.Add([.. Enumerable.Range(0, 40).Select(i => builder.AddFrame($"g{i}", "", 1))], [1]);
        var bytes = Written(builder.Build());

        Refusal(bytes, new PprofLimits { MaxStackDepth = 39 }).ShouldNotBeNull().Problem.ShouldContain("39 frames");
        Refusal(bytes, new PprofLimits { MaxStackFrames = 79 }).ShouldNotBeNull().Problem.ShouldContain("79 frames");
        Refusal(bytes, new PprofLimits { MaxStackDepth = 40, MaxStackFrames = 80 }).ShouldBeNull();
    }

    [Theory]
    [InlineData("not a profile")]
    [InlineData("{\"json\": true}")]
    [InlineData("")]
    [InlineData("\u007fELF\u0002\u0001\u0001")]
    public void Other_files_are_not_taken_for_profiles(string text)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(text);

        new PprofFormat().Recognises(new DumpHead(bytes, bytes)).ShouldBeFalse();
    }

    [Fact]
    public void A_profile_is_told_by_its_first_bytes()
    {
        var bytes = Unpacked();

        new PprofFormat().Recognises(new DumpHead(bytes, bytes.AsSpan(0, 40))).ShouldBeTrue();
    }

    /// <summary>Why it was refused; null where it was read.</summary>
    private static MalformedDumpException? Refusal(byte[] bytes, PprofLimits? limits = null)
    {
        try
        {
            ProfileFiles.Read(bytes, limits);
            return null;
        }
        catch (MalformedDumpException refusal)
        {
            return refusal;
        }
    }

    internal static byte[] Unpacked()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace])
        {
            Header = new ProfileHeader
            {
                DefaultSampleType = "inuse_space",
                Period = 3,
                Comments = ["comment"],
            },
        };
        var module = builder.AddModule(new Module("/bin/app", "id", 0x1000, 0x9000));
        for (var s = 0; s < 4; s++)
        {
            int[] stack =
            [
                builder.AddFrame(
                    new Frame(builder.AddFunction(new Function($"f{s}", "f.go")), s, s % 2 == 0, 0x1234, module)
                ),
                builder.AddFrame(
                    new Frame(builder.AddFunction(new Function("main", "f.go")), 7, false, 0x1234, module)
                ),
            ];
            builder.Add(stack, [s, s * 1000], builder.AddLabels([new Label("bytes", null, s * 8, "bytes")]));
        }

        return Written(builder.Build());
    }

    private static byte[] Written(AllocationProfile profile)
    {
        using var stream = new MemoryStream();
        PprofWriter.WriteUnpacked(profile, stream);
        return stream.ToArray();
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }
}
