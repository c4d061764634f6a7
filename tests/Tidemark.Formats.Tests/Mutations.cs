using System.Text;
using Tidemark.Formats;

namespace Tidemark.Formats.Tests;

/// <summary>Damages small files at random, with a seed, and holds the reader to its word: an answer or a clear refusal, never anything else.</summary>
internal static class Mutations
{
    private const int Few = 3000;

    /// <summary>Numbers at which reckoning turns over, and what is no number.</summary>
    private static readonly byte[][] Extremes =
    [
        .. new[]
        {
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "ffffffffffffffff",
            "7fffffffffffffff",
            "4611686018427387904",
            "99999999999999999999999999",
            "4294967295",
            "2147483647",
            "-1",
            "0",
            "1e308",
            "nan",
            "",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>How many are tried: a few thousand in every test run, a million with TIDEMARK_MUTATIONS=1000000.</summary>
    public static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_MUTATIONS"), out var wanted) ? wanted : Few;

    /// <summary>Where chance begins: always at the same place, or, for a long run in portions, where TIDEMARK_MUTATIONS_SEED tells.</summary>
    public static int Seed =>
        int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_MUTATIONS_SEED"), out var wanted) ? wanted : 20261125;

    public static void MustNotHurt(IDumpFormat format, byte[] original)
    {
        var dice = new Random(20261122);
        using var temporary = new TemporaryFile();
        for (var i = 0; i < Count; i++)
        {
            temporary.Write(Mutate(original, dice));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                format.Read(DumpFile.Open(temporary.Path), ReadContext.Quiet).Format.ShouldBe(format.Name);
            }
            catch (MalformedDumpException refused)
            {
                refused.Message.ShouldStartWith(temporary.Path);
                refused.Message.ShouldNotContain("\n");
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 << 20);
        }
    }

    public static void MustNotHurtCutShort(IDumpFormat format, byte[] original)
    {
        using var temporary = new TemporaryFile();
        for (var length = 0; length < original.Length; length++)
        {
            temporary.Write(original.AsSpan(0, length));
            try
            {
                format.Read(DumpFile.Open(temporary.Path), ReadContext.Quiet);
            }
            catch (MalformedDumpException refused)
            {
                refused.Offset.ShouldBeLessThanOrEqualTo(length);
            }
        }
    }

    /// <summary>Puts digits in place of those that stand at the place or next behind it.</summary>
    private static byte[] InPlaceOfANumber(byte[] bytes, int at, byte[] digits)
    {
        while (at < bytes.Length && !char.IsAsciiDigit((char)bytes[at]))
        {
            at++;
        }

        var end = at;
        while (end < bytes.Length && char.IsAsciiDigit((char)bytes[end]))
        {
            end++;
        }

        return [.. bytes[..at], .. digits, .. bytes.AsSpan(end)];
    }

    public static byte[] Mutate(byte[] original, Random dice)
    {
        var bytes = (byte[])original.Clone();
        for (var changes = dice.Next(1, 6); changes > 0; changes--)
        {
            var at = dice.Next(bytes.Length);
            switch (dice.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << dice.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)dice.Next(256);
                    break;
                case 2:
                    bytes[at] = 0xff;
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes.AsSpan(dice.Next(bytes.Length))];
                    break;
                case 4:
                    bytes = bytes.Length < 1 << 16 ? [.. bytes[..at], .. bytes.AsSpan(at / 2)] : bytes;
                    break;
                case 5:
                    bytes = InPlaceOfANumber(bytes, at, Extremes[dice.Next(Extremes.Length)]);
                    break;
                case 6:
                    // A piece of it in another place: lines and records where they do not belong, and over again.
                    var piece = bytes.AsSpan(dice.Next(bytes.Length));
                    bytes =
                    [
                        .. bytes[..at],
                        .. piece[..dice.Next(Math.Min(piece.Length, 200) + 1)],
                        .. bytes.AsSpan(at),
                    ];
                    break;
                case 7:
                    // The largest number there is, seven bits a byte.
                    byte[] largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
                    bytes = [.. bytes[..at], .. largest, .. bytes.AsSpan(at + 1)];
                    break;
                default:
                    var wide = BitConverter.GetBytes(dice.NextInt64() >> dice.Next(64));
                    wide.AsSpan(0, Math.Min(8, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                    break;
            }

            if (bytes.Length == 0)
            {
                return [0];
            }
        }

        return bytes;
    }
}

/// <summary>A file that is gone at the end of the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private static readonly string Folder = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    public string Path { get; } = NewPath();

    /// <summary>In memory where that can be: thousands are written in every run.</summary>
    public static string NewPath() => System.IO.Path.Combine(Folder, $"tidemark-{Guid.NewGuid():N}");

    public void Write(ReadOnlySpan<byte> bytes) => File.WriteAllBytes(Path, bytes);

    public void Dispose() => File.Delete(Path);
}
