using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>JSON token by token from a stream, through a buffer that holds no more than the longest token.</summary>
/// <remarks>Reads synchronously: it runs on a thread of its own, and the caller ends a read by disposing of the response.</remarks>
internal ref struct JsonPull
{
    private const int InitialBytes = 64 << 10;
    private const int MaximumTokenBytes = 1 << 20;
    private const int MaximumSampleBytes = 1 << 10;

    private readonly Stream stream;
    private byte[] buffer;
    private int length;

    // Where in the buffer the reader's bytes begin.
    private int origin;
    private bool isFinal;
    private Utf8JsonReader reader;

    public JsonPull(Stream stream)
    {
        this.stream = stream;
        buffer = new byte[InitialBytes];
        reader = new Utf8JsonReader([], isFinalBlock: false, state: default);
    }

    public readonly JsonTokenType Token => reader.TokenType;

    /// <summary>The token's bytes, still with their escapes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => reader.ValueSpan;

    public readonly bool IsEscaped => reader.ValueIsEscaped;

    public readonly string Text => reader.GetString() ?? "";

    public readonly double Number => reader.GetDouble();

    public readonly bool Is(ReadOnlySpan<byte> text) => reader.ValueTextEquals(text);

    /// <summary>Goes on to the next token.</summary>
    /// <exception cref="JsonException">The text is no JSON, or ends early.</exception>
    public void Read()
    {
        while (!reader.Read())
        {
            if (isFinal)
            {
                throw new JsonException("the answer ends early");
            }

            Refill();
        }
    }

    /// <summary>Goes on to a token of this type, or fails.</summary>
    public void Expect(JsonTokenType type)
    {
        Read();
        if (Token != type)
        {
            throw new JsonException($"found {Token} where {type} was expected");
        }
    }

    /// <summary>Passes over the value that comes next, whatever it is.</summary>
    public void SkipValue()
    {
        Read();
        SkipRest();
    }

    /// <summary>Passes over what is left of the value that was just begun.</summary>
    public void SkipRest()
    {
        if (Token is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return;
        }

        var outside = reader.CurrentDepth;
        do
        {
            Read();
        } while (reader.CurrentDepth > outside);
    }

    /// <summary>
    /// Reads the samples of an array that was just opened, <c>[1700000000,"123"],...</c>, and stops in front of its closing bracket. Most
    /// of an answer is samples, so that these are read byte by byte, without tokens.
    /// </summary>
    /// <exception cref="JsonException">There is something else in it, or the text ends early.</exception>
    public void ReadSamples(TimeGrid grid, Span<double> values)
    {
        var next = origin + (int)reader.BytesConsumed;
        while (true)
        {
            var sample = new SampleCursor(buffer.AsSpan(next, length - next));
            if (sample.TryReadOne(out var time, out var value))
            {
                next += sample.Position;
                var index = grid.IndexOf(time);
                if (index >= 0)
                {
                    values[index] = value;
                }
            }
            else if (sample.IsAtEndOfArray)
            {
                reader = new Utf8JsonReader(buffer.AsSpan(next, length - next), isFinal, reader.CurrentState);
                origin = next;
                return;
            }
            else if (isFinal || length - next > MaximumSampleBytes)
            {
                throw new JsonException(isFinal ? "the answer ends early" : "a sample has no end");
            }
            else
            {
                Refill(next);
                next = 0;
            }
        }
    }

    private void Refill() => Refill(origin + (int)reader.BytesConsumed);

    private void Refill(int consumed)
    {
        var left = length - consumed;
        buffer.AsSpan(consumed, left).CopyTo(buffer);
        if (left == buffer.Length)
        {
            if (buffer.Length >= MaximumTokenBytes)
            {
                throw new JsonException("a single value is longer than 1 MiB");
            }

            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var got = stream.Read(buffer.AsSpan(left));
        isFinal = got == 0;
        length = left + got;
        origin = 0;
        reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinal, reader.CurrentState);
    }
}
