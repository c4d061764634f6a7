using System.IO.Hashing;
using System.Text;
using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>What stays the same for one fault in every process and build.</summary>
public static class Fingerprint
{
    /// <summary>Sixteen hexadecimal digits; numbers in the parts (addresses, generated names, thread numbers, lines) do not count.</summary>
    public static string Of(IEnumerable<string> parts)
    {
        var text = HolderNaming.GeneralName(string.Join('\n', parts));
        return Convert.ToHexStringLower(XxHash3.Hash(Encoding.UTF8.GetBytes(text)));
    }
}
