using Acme.Scans.Documents;

namespace Acme.Scans.Imaging;

/// <summary>Takes a scanned page, and archives it unless it is there already.</summary>
public sealed class ScanIntake(DocumentIndex index, BitmapPool pool)
{
    private readonly Queue<string> protocol = new();

    public string Take(int page)
    {
        var bitmap = pool.Rent();
        Draw(bitmap.Pixels, page);
        var hash = Hash(bitmap.Pixels);
        if (index.Knows(hash))
        {
            return Note($"page {page} is a duplicate of {hash:x8}");
        }

        pool.Return(bitmap);
        return Note($"page {page} archived as {hash:x8}");
    }

    private string Note(string text)
    {
        lock (protocol)
        {
            protocol.Enqueue($"{DateTime.UtcNow:O} {text}");
            if (protocol.Count > 3000)
            {
                protocol.Dequeue();
            }
        }

        return text;
    }

    private static void Draw(Span<byte> pixels, int page)
    {
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(page + (i * 31));
        }
    }

    private static uint Hash(ReadOnlySpan<byte> pixels)
    {
        var hash = 2166136261u;
        foreach (var pixel in pixels)
        {
            hash = (hash ^ pixel) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
