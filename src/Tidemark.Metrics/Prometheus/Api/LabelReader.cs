using System.Text;
using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>Reads the labels of series after series, and makes each name and each value that repeats only once.</summary>
internal sealed class LabelReader(IReadOnlySet<string>? keep)
{
    private readonly List<Known> known = [];
    private readonly List<KeyValuePair<string, string>> labels = [];

    /// <summary>Reads an object of strings whose opening brace comes next.</summary>
    public LabelSet Read(ref JsonPull json)
    {
        labels.Clear();
        json.Expect(JsonTokenType.StartObject);
        for (json.Read(); json.Token != JsonTokenType.EndObject; json.Read())
        {
            var name = NameOf(ref json);
            json.Expect(JsonTokenType.String);
            if (name.IsKept)
            {
                labels.Add(new KeyValuePair<string, string>(name.Name, name.ValueOf(ref json)));
            }
        }

        return new LabelSet([.. labels]);
    }

    private Known NameOf(ref JsonPull json)
    {
        foreach (var name in known)
        {
            if (json.Is(name.Utf8))
            {
                return name;
            }
        }

        var text = json.Text;
        var added = new Known(text, keep?.Contains(text) ?? true);
        if (known.Count < 256)
        {
            known.Add(added);
        }

        return added;
    }

    private sealed class Known(string name, bool isKept)
    {
        private string last = "";
        private byte[] lastUtf8 = [];

        public string Name => name;

        public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

        public bool IsKept => isKept;

        public string ValueOf(ref JsonPull json)
        {
            if (!json.Bytes.SequenceEqual(lastUtf8) || json.IsEscaped)
            {
                last = json.Text;
                lastUtf8 = json.IsEscaped ? [] : json.Bytes.ToArray();
            }

            return last;
        }
    }
}
