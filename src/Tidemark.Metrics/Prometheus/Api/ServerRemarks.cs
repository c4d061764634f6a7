using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>
/// What an answer says beside its data: warnings and notes of the server, that it is not whole, or that it is an error after all.
/// </summary>
internal sealed class ServerRemarks
{
    private const int Most = 20;

    /// <summary>Remarks on the query, and not on what is missing: those of the engine, of nothing to be found, and of the price.</summary>
    private static readonly string[] NoLoss = ["PromQL ", "No StoreAPIs matched", "max_samples_processed"];

    private readonly List<string> warnings = [];
    private bool saysPartial;
    private bool warnsOfLoss;
    private bool isError;
    private string type = "";
    private string error = "";

    public IReadOnlyList<string> Warnings =>
        saysPartial ? [.. warnings, "the answer is partial: a node of the server is away"] : warnings;

    /// <summary>
    /// VictoriaMetrics says so (<c>isPartial</c>); Thanos, Cortex and a Prometheus with remote storage warn of what could not be asked.
    /// </summary>
    public bool IsPartial => saysPartial || warnsOfLoss;

    /// <summary>Reads the value of a property that is no data.</summary>
    public void Read(ref JsonPull json)
    {
        if (json.Is("status"u8))
        {
            json.Expect(JsonTokenType.String);
            isError = json.Is("error"u8);
        }
        else if (json.Is("error"u8))
        {
            error = TextOf(ref json);
        }
        else if (json.Is("errorType"u8))
        {
            type = TextOf(ref json);
        }
        else if (json.Is("isPartial"u8))
        {
            json.Read();
            saysPartial |= json.Token == JsonTokenType.True;
        }
        else if (json.Is("warnings"u8))
        {
            ReadList(ref json, mayBeLoss: true);
        }
        else if (json.Is("infos"u8))
        {
            ReadList(ref json, mayBeLoss: false);
        }
        else
        {
            json.SkipValue();
        }
    }

    /// <exception cref="PrometheusException">The answer was an error.</exception>
    public void ThrowIfError()
    {
        if (isError)
        {
            throw PrometheusFailures.InAnswer(type, error);
        }
    }

    private void ReadList(ref JsonPull json, bool mayBeLoss)
    {
        json.Read();
        if (json.Token != JsonTokenType.StartArray)
        {
            return; // null for none
        }

        for (json.Read(); json.Token != JsonTokenType.EndArray; json.Read())
        {
            if (json.Token is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                throw new JsonException("a warning is not a text");
            }

            var text = json.Token == JsonTokenType.String ? json.Text : "";
            warnsOfLoss |=
                mayBeLoss
                && text.Length > 0
                && !Array.Exists(NoLoss, n => text.Contains(n, StringComparison.OrdinalIgnoreCase));
            if (text.Length > 0 && warnings.Count < Most && !warnings.Contains(text))
            {
                warnings.Add(text);
            }
        }
    }

    private static string TextOf(ref JsonPull json)
    {
        json.Read();
        if (json.Token == JsonTokenType.String)
        {
            return json.Text;
        }

        json.SkipRest();
        return "";
    }
}
