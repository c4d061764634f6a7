using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>JSON token by token from a stream, through a buffer that holds no more than the longest token.</summary>
/// <remarks>Reads synchronously: it runs on a thread of its own, and the caller ends a read by disposing of the response.</remarks>
internal ref struct JsonPull
{
    private const int InitialBytes = 64 << 10;
    private const int MaximumTokenBytes = 1 << 20;

    private readonly Stream stream;
    private byte[] buffer;
    private int length;
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

    private void Refill()
    {
        var consumed = (int)reader.BytesConsumed;
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
        reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinal, reader.CurrentState);
    }
}
