using System.Collections.Concurrent;

namespace Acme.Scans.Imaging;

/// <summary>Bitmaps of the usual size, to be used again. Bounded.</summary>
public sealed class BitmapPool
{
    private const int Most = 40;
    private readonly ConcurrentBag<Bitmap> free = [];

    public Bitmap Rent() => free.TryTake(out var bitmap) ? bitmap : new Bitmap(240, 160);

    public void Return(Bitmap bitmap)
    {
        if (free.Count < Most)
        {
            free.Add(bitmap);
        }
        else
        {
            bitmap.Free();
        }
    }
}
