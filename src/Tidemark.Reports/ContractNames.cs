using System.Text.Json;

namespace Tidemark.Reports;

/// <summary>Names of the contract for the members of our enumerations: kebab case, such as <c>unbounded-cache</c>.</summary>
public static class ContractNames
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
