using System.CommandLine;

namespace Tidemark.Cli.Options;

/// <summary>Addresses of services as people type them: <c>http://localhost:6060</c>, or <c>localhost:6060</c>.</summary>
public static class Addresses
{
    /// <summary>An option that takes an address of http or https.</summary>
    public static Option<Uri?> Option(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "URL",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Parse(text) is { } address)
                {
                    return address;
                }

                result.AddError($"'{text}' is not a URL: write http://localhost:6060");
                return null;
            },
        };

    /// <summary>Null where the text is no address of http or https.</summary>
    public static Uri? Parse(string text)
    {
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return
            Uri.TryCreate(whole, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.Host.Length > 0
            ? address
            : null;
    }
}
