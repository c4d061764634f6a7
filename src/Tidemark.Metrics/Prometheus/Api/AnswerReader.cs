using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>The JSON of the HTTP API: <c>{"status", "data": {"resultType", "result": [...]}, "error", "warnings"}</c>.</summary>
/// <remarks>https://prometheus.io/docs/prometheus/latest/querying/api/; native histograms are passed over, for no signal is one.</remarks>
internal static class AnswerReader
{
    public static Answer<GridSeries> ReadGrid(
        Stream stream,
        TimeGrid grid,
        IReadOnlySet<string>? keep,
        int maximumSamples
    )
    {
        var series = new List<GridSeries>();
        var labels = new LabelReader(keep);
        var left = (long)maximumSamples;
        var remarks = ReadEnvelope(
            stream,
            (ref JsonPull json) =>
            {
                var (set, values) = (LabelSet.Empty, (double[]?)null);
                for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
                {
                    if (json.Is("metric"u8))
                    {
                        set = labels.Read(ref json);
                    }
                    else if (json.Is("values"u8))
                    {
                        left -= grid.Count;
                        if (left < 0)
                        {
                            throw TooMuch(maximumSamples);
                        }

                        values = ReadValues(ref json, grid);
                    }
                    else
                    {
                        json.SkipValue();
                    }
                }

                if (values is not null)
                {
                    series.Add(new GridSeries(set, values));
                }
            }
        );
        return new Answer<GridSeries>(series, remarks.Warnings, remarks.IsPartial);
    }

    public static Answer<VectorSample> ReadVector(Stream stream, IReadOnlySet<string>? keep, int maximumSamples)
    {
        var series = new List<VectorSample>();
        var labels = new LabelReader(keep);
        var remarks = ReadEnvelope(
            stream,
            (ref JsonPull json) =>
            {
                var (set, value) = (LabelSet.Empty, double.NaN);
                for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
                {
                    if (json.Is("metric"u8))
                    {
                        set = labels.Read(ref json);
                    }
                    else if (json.Is("value"u8))
                    {
                        json.Expect(JsonTokenType.StartArray);
                        json.Expect(JsonTokenType.Number);
                        value = ReadValue(ref json);
                        json.Expect(JsonTokenType.EndArray);
                    }
                    else
                    {
                        json.SkipValue();
                    }
                }

                if (series.Count == maximumSamples)
                {
                    throw TooMuch(maximumSamples);
                }

                series.Add(new VectorSample(set, value));
            }
        );
        return new Answer<VectorSample>(series, remarks.Warnings, remarks.IsPartial);
    }

    /// <summary>A list of names or values.</summary>
    public static Answer<string> ReadStrings(Stream stream, int maximumCount)
    {
        var strings = new List<string>();
        var json = new JsonPull(stream);
        var remarks = new ServerRemarks();
        json.Expect(JsonTokenType.StartObject);
        for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
        {
            if (json.Is("data"u8))
            {
                json.Read();
                // Some servers write null for an empty list.
                for (
                    var isList = json.Token == JsonTokenType.StartArray;
                    isList && Next(ref json) != JsonTokenType.EndArray;

                )
                {
                    if (strings.Count == maximumCount)
                    {
                        throw TooMuch(maximumCount);
                    }

                    strings.Add(json.Text);
                }
            }
            else
            {
                remarks.Read(ref json);
            }
        }

        remarks.ThrowIfError();
        return new Answer<string>(strings, remarks.Warnings, remarks.IsPartial);
    }

    private static JsonTokenType Next(ref JsonPull json)
    {
        json.Read();
        return json.Token;
    }

    private static ServerRemarks ReadEnvelope(Stream stream, ElementReader readElement)
    {
        var json = new JsonPull(stream);
        var remarks = new ServerRemarks();
        json.Expect(JsonTokenType.StartObject);
        for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
        {
            if (json.Is("data"u8))
            {
                ReadData(ref json, readElement, remarks);
            }
            else
            {
                remarks.Read(ref json);
            }
        }

        remarks.ThrowIfError();
        return remarks;
    }

    private static void ReadData(ref JsonPull json, ElementReader readElement, ServerRemarks remarks)
    {
        json.Read();
        if (json.Token == JsonTokenType.Null)
        {
            return; // beside an error
        }

        if (json.Token != JsonTokenType.StartObject)
        {
            throw new JsonException($"found {json.Token} where the data was expected");
        }

        for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
        {
            if (json.Is("resultType"u8))
            {
                json.Expect(JsonTokenType.String);
                if (!json.Is("matrix"u8) && !json.Is("vector"u8))
                {
                    throw new PrometheusException(
                        PrometheusFailure.BadQuery,
                        $"the query gives a {json.Text}: name one that gives a series of bytes, such as container_memory_working_set_bytes{{namespace=\"shop\"}}"
                    );
                }
            }
            else if (json.Is("result"u8))
            {
                json.Read();
                for (
                    var isList = json.Token == JsonTokenType.StartArray;
                    isList && Next(ref json) != JsonTokenType.EndArray;

                )
                {
                    if (json.Token != JsonTokenType.StartObject)
                    {
                        throw new JsonException("a series is not an object");
                    }

                    readElement(ref json);
                }
            }
            else
            {
                remarks.Read(ref json);
            }
        }
    }

    private static double[] ReadValues(ref JsonPull json, TimeGrid grid)
    {
        var values = new double[grid.Count];
        Array.Fill(values, double.NaN);
        json.Expect(JsonTokenType.StartArray);
        json.ReadSamples(grid, values);
        json.Expect(JsonTokenType.EndArray);
        return values;
    }

    private static double ReadValue(ref JsonPull json)
    {
        json.Expect(JsonTokenType.String);
        return SampleCursor.Number(json.Bytes);
    }

    private static PrometheusException TooMuch(int most) =>
        new(PrometheusFailure.TooMuch, $"the answer holds more than {most} samples");

    private delegate void ElementReader(ref JsonPull json);
}
