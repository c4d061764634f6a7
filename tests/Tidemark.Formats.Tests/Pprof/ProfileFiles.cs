using Tidemark.Core.Allocation;
using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.Tests.Pprof;

/// <summary>Profiles as files, for as long as a test needs them.</summary>
internal static class ProfileFiles
{
    public static AllocationProfile RoundTrip(AllocationProfile profile)
    {
        using var stream = new MemoryStream();
        PprofWriter.Write(profile, stream);
        return Read(stream.ToArray());
    }

    /// <summary>Writes the bytes to a file, reads that, and removes it.</summary>
    public static AllocationProfile Read(byte[] bytes, PprofLimits? limits = null)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            var snapshot = new PprofFormat(limits).Read(DumpFile.Open(path), ReadContext.Quiet);
            return snapshot.ShouldBeOfType<ProfileSnapshot>().Profile;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
