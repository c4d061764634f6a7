using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;

namespace Tidemark.Fleet;

/// <summary>A remote-write request: protobuf in a snappy block (https://prometheus.io/docs/specs/prw/remote_write_spec/).</summary>
public sealed class WriteRequest
{
    private readonly MemoryStream body = new();

    /// <summary>Adds the samples of one series from one time up to, but not at, another.</summary>
    /// <returns>How many there were.</returns>
    public int Add(FleetSeries series, double from, double until)
    {
        var first = Array.BinarySearch(series.Times, from);
        first = first < 0 ? ~first : first;
        var message = new MemoryStream();
        var count = 0;
        for (var i = first; i < series.Times.Length && series.Times[i] < until; i++)
        {
            if (double.IsNaN(series.Values[i]))
            {
                continue;
            }

            if (count++ == 0)
            {
                WriteLabels(message, series.Labels);
            }

            var sample = new byte[32];
            sample[0] = (1 << 3) | 1;
            BinaryPrimitives.WriteDoubleLittleEndian(sample.AsSpan(1), series.Values[i]);
            sample[9] = 2 << 3;
            var length = 10 + Varint(sample.AsSpan(10), (ulong)(long)(series.Times[i] * 1000));
            Field(message, 2, sample.AsSpan(0, length));
        }

        if (count > 0)
        {
            Field(body, 1, message.GetBuffer().AsSpan(0, (int)message.Length));
        }

        return count;
    }

    public async Task SendAsync(HttpClient http, Uri server)
    {
        if (body.Length == 0)
        {
            return;
        }

        using var content = new ByteArrayContent(Snappy(body.ToArray()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        content.Headers.ContentEncoding.Add("snappy");
        content.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
        using var response = await http.PostAsync(new Uri(server, "/api/v1/write"), content);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(await response.Content.ReadAsStringAsync());
        }
    }

    private static void WriteLabels(MemoryStream message, (string Name, string Value)[] labels)
    {
        foreach (var (name, value) in labels)
        {
            var label = new MemoryStream();
            Field(label, 1, Encoding.UTF8.GetBytes(name));
            Field(label, 2, Encoding.UTF8.GetBytes(value));
            Field(message, 1, label.GetBuffer().AsSpan(0, (int)label.Length));
        }
    }

    private static void Field(MemoryStream to, int number, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[12];
        head[0] = (byte)((number << 3) | 2);
        to.Write(head[..(1 + Varint(head[1..], (ulong)bytes.Length))]);
        to.Write(bytes);
    }

    private static int Varint(Span<byte> to, ulong value)
    {
        var i = 0;
        for (; value >= 0x80; value >>= 7)
        {
            to[i++] = (byte)(value | 0x80);
        }

        to[i] = (byte)value;
        return i + 1;
    }

    /// <summary>A snappy block of literals only: valid, if no smaller.</summary>
    private static byte[] Snappy(byte[] bytes)
    {
        using var block = new MemoryStream(bytes.Length + (bytes.Length / 65536 * 3) + 16);
        Span<byte> head = stackalloc byte[12];
        block.Write(head[..Varint(head, (ulong)bytes.Length)]);
        for (var at = 0; at < bytes.Length; at += 65536)
        {
            var length = Math.Min(65536, bytes.Length - at);
            block.WriteByte(61 << 2);
            block.WriteByte((byte)(length - 1));
            block.WriteByte((byte)((length - 1) >> 8));
            block.Write(bytes.AsSpan(at, length));
        }

        return block.ToArray();
    }
}
