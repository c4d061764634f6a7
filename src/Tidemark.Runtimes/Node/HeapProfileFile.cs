using System.Text.Json;

namespace Tidemark.Runtimes.Node;

/// <summary>Writes <c>.heapprofile</c> files: one thread's profile as V8 gave it, or several threads' under one root.</summary>
internal static class HeapProfileFile
{
    /// <summary>Levels of JSON that a profile may have.</summary>
    public const int MostLevels = 1024;

    public static async Task WriteAsync(
        Stream file,
        IReadOnlyList<(string Thread, JsonElement Profile)> profiles,
        CancellationToken cancellation
    )
    {
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { MaxDepth = 2 * MostLevels });
        if (profiles is [var (_, only)])
        {
            only.WriteTo(json);
        }
        else
        {
            json.WriteStartObject();
            json.WriteStartObject("head");
            WriteFrame(json, "(root)");
            json.WriteStartArray("children");
            foreach (var (thread, profile) in profiles)
            {
                json.WriteStartObject();
                WriteFrame(json, $"({thread})");
                json.WritePropertyName("children");
                profile.GetProperty("head").GetProperty("children").WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("samples");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        await json.FlushAsync(cancellation);
    }

    private static void WriteFrame(Utf8JsonWriter json, string function)
    {
        json.WriteStartObject("callFrame");
        json.WriteString("functionName", function);
        json.WriteString("scriptId", "0");
        json.WriteString("url", "");
        json.WriteNumber("lineNumber", -1);
        json.WriteNumber("columnNumber", -1);
        json.WriteEndObject();
        json.WriteNumber("selfSize", 0);
        json.WriteNumber("id", 0);
    }
}
