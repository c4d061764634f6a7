using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tidemark.Reports.Json;

/// <summary>The documents of the contract, compiled ahead so that start-up stays short.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VerdictDocument))]
[JsonSerializable(typeof(DiagnosisDocument))]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(ProfileDiffDocument))]
[JsonSerializable(typeof(ListingDocument))]
[JsonSerializable(typeof(HeapDocument))]
[JsonSerializable(typeof(HeapDiffDocument))]
public sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>A document as text; fit for a file or a pipe, not for embedding in HTML.</summary>
    public static string Write<T>(T document) =>
        JsonSerializer.Serialize(document, (JsonTypeInfo<T>)Readable.Json.GetTypeInfo(typeof(T))!);

    /// <summary>The same piece by piece, and a line's end: an answer on a whole fleet is never held as one text.</summary>
    public static void WriteLine<T>(T document, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        using (var stream = new TextStream(writer))
        {
            JsonSerializer.Serialize(stream, document, (JsonTypeInfo<T>)Readable.Json.GetTypeInfo(typeof(T))!);
        }

        writer.WriteLine();
    }

    /// <summary>Apart, because the generated half of this class must be initialised first.</summary>
    private static class Readable
    {
        // Type names are full of <, > and +, which the default encoder would turn into \u003C and the like.
        public static ReportJson Json { get; } =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
