using System.Runtime.InteropServices;

namespace Acme.Scans.Imaging;

/// <summary>Pixels outside of the managed heap, as the imaging library wants them.</summary>
public sealed unsafe class Bitmap
{
    private byte* pixels;

    public Bitmap(int width, int height)
    {
        Length = width * height;
        pixels = (byte*)NativeMemory.Alloc((nuint)Length);
    }

    public int Length { get; }

    public Span<byte> Pixels => new(pixels, Length);

    public void Free()
    {
        NativeMemory.Free(pixels);
        pixels = null;
    }
}
