using System.Globalization;
using System.Text.Json;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.V8;

/// <summary>V8's sampling heap profiles (<c>.heapprofile</c>): what was allocated while it ran and is still live, by call stack. FORMAT.md tells the layout.</summary>
public sealed class V8HeapProfileFormat(V8HeapProfileLimits limits) : IDumpFormat
{
    public V8HeapProfileFormat()
        : this(new V8HeapProfileLimits()) { }

    /// <inheritdoc />
    public string Name => "heapprofile";

    /// <inheritdoc />
    public string Title => "V8 sampling heap profile (Node.js, Chromium)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) =>
        head.Content.TrimStart(" \n\r\t"u8).StartsWith("{"u8)
        && head.Content.IndexOf("\"head\""u8) >= 0
        && head.Content.IndexOf("\"callFrame\""u8) >= 0;

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var text = ReadText(file, limits.Validated());
        return new ProfileSnapshot(new V8HeapProfileReader(file.Path, text, limits).Read())
        {
            Format = Name,
            Runtime = "node",
            Warnings = context.Warnings,
        };
    }

    private static byte[] ReadText(DumpFile file, V8HeapProfileLimits limits)
    {
        using var stream = file.OpenContent();
        using var text = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                if (text.Length + read > limits.MaxBytes)
                {
                    throw new MalformedDumpException(
                        file.Path,
                        text.Length,
                        $"a heap profile of more than {limits.MaxBytes} bytes"
                    );
                }

                text.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new MalformedDumpException(file.Path, text.Length, "the gzip stream is damaged", e);
        }

        return text.ToArray();
    }
}

/// <summary>What a heap profile may ask of its reader; beyond it the file is refused.</summary>
public sealed record V8HeapProfileLimits
{
    /// <summary>Bytes of text.</summary>
    public int MaxBytes { get; init; } = 1 << 30;

    /// <summary>Frames of a stack.</summary>
    public int MaxStackDepth { get; init; } = 2000;

    /// <summary>Refuses limits that the reader cannot keep.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public V8HeapProfileLimits Validated()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxStackDepth);
        return this;
    }
}

/// <summary>Reads the tree of call frames into stacks; frames below a node are met before its own size, so a node is added when it ends.</summary>
internal ref struct V8HeapProfileReader
{
    private readonly string path;
    private readonly int maxStackDepth;
    private readonly AllocationProfileBuilder builder = new([new SampleType("inuse_space", "bytes")]);
    private readonly List<int> stack = [];
    private Utf8JsonReader json;

    public V8HeapProfileReader(string path, byte[] text, V8HeapProfileLimits limits)
    {
        this.path = path;
        maxStackDepth = limits.MaxStackDepth;
        // A frame takes two levels: its object and the array of its children.
        json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = (2 * maxStackDepth) + 8 });
    }

    /// <exception cref="MalformedDumpException">It is damaged, or beyond the limits.</exception>
    public AllocationProfile Read()
    {
        try
        {
            var found = false;
            Expect(JsonTokenType.StartObject);
            while (ReadName(out var member))
            {
                if (member == "head" && !found)
                {
                    found = true;
                    ReadNode();
                }
                else
                {
                    json.Skip();
                }
            }

            return found ? builder.Build() : throw Malformed("the profile has no \"head\"");
        }
        catch (JsonException e)
        {
            throw Malformed("damaged JSON: " + e.Message.Split(" LineNumber")[0], e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw Malformed("a value of another kind was expected here", e);
        }
    }

    /// <summary>Reads a node, at whose opening brace the reader stands.</summary>
    private void ReadNode()
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("expected a node of the profile");
        }

        long selfSize = 0;
        var depth = stack.Count;
        var frame = -1;
        while (ReadName(out var member))
        {
            switch (member)
            {
                case "callFrame":
                    frame = ReadFrame();
                    break;
                case "selfSize":
                    selfSize = (long)Math.Clamp(json.GetDouble(), 0, 1L << 52);
                    break;
                case "children":
                    Push(frame);
                    ReadChildren();
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (stack.Count == depth)
        {
            Push(frame);
        }

        if (selfSize > 0)
        {
            AddStack(selfSize);
        }

        stack.RemoveRange(depth, stack.Count - depth);
    }

    private void ReadChildren()
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Malformed("expected the children of a node");
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            ReadNode();
        }
    }

    private void Push(int frame)
    {
        // The root of the tree is no function.
        if (frame >= 0)
        {
            stack.Add(frame);
        }

        if (stack.Count > maxStackDepth)
        {
            throw Malformed($"a stack of more than {maxStackDepth} frames");
        }
    }

    private void AddStack(long bytes)
    {
        Span<int> innermostFirst = stack.Count <= 256 ? stackalloc int[stack.Count] : new int[stack.Count];
        for (var i = 0; i < stack.Count; i++)
        {
            innermostFirst[i] = stack[stack.Count - 1 - i];
        }

        builder.Add(innermostFirst, [bytes]);
    }

    /// <returns>The frame's number, or -1 for the root.</returns>
    private int ReadFrame()
    {
        var function = "";
        var url = "";
        var line = -1;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("expected a call frame");
        }

        while (ReadName(out var member))
        {
            switch (member)
            {
                case "functionName":
                    function = json.GetString() ?? "";
                    break;
                case "url":
                    url = json.GetString() ?? "";
                    break;
                case "lineNumber":
                    line = (int)Math.Clamp(json.GetDouble(), -1, int.MaxValue - 1);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        return function == "(root)" && url.Length == 0
            ? -1
            : builder.AddFrame(
                function.Length > 0 ? function : Anonymous(FileOf(url), line + 1),
                FileOf(url),
                line + 1
            );
    }

    /// <summary>Most callbacks have no name: where they stand tells them apart.</summary>
    private static string Anonymous(string file, int line) =>
        file.Length > 0
            ? string.Create(CultureInfo.InvariantCulture, $"callback at {Path.GetFileName(file)}:{line}")
            : "(anonymous)";

    private static string FileOf(string url) =>
        url.StartsWith("file://", StringComparison.Ordinal) && Uri.TryCreate(url, UriKind.Absolute, out var file)
            ? file.LocalPath
            : url;

    /// <summary>Steps to the next member's value; false at the end of the object.</summary>
    private bool ReadName(out string name)
    {
        if (!json.Read())
        {
            throw Malformed("the file ends within the profile; it is truncated");
        }

        if (json.TokenType != JsonTokenType.PropertyName)
        {
            name = "";
            return false;
        }

        name = json.GetString() ?? "";
        json.Read();
        return true;
    }

    private void Expect(JsonTokenType token)
    {
        if (!json.Read() || json.TokenType != token)
        {
            throw Malformed("expected a JSON object");
        }
    }

    private readonly MalformedDumpException Malformed(string problem, Exception? inner = null) =>
        new(path, json.BytesConsumed, problem, inner);
}
