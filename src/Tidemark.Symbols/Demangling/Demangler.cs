namespace Tidemark.Symbols.Demangling;

/// <summary>Turns the linker's names of C++ (Itanium ABI) and Rust (legacy and v0) symbols into those of the source.</summary>
public static class Demangler
{
    /// <summary>The name as GNU c++filt prints it; the symbol itself where it is not mangled or its mangling is broken.</summary>
    public static string Full(string symbol) => Demangle(symbol, parameters: true, templates: true);

    /// <summary>The name without parameters, return type and template arguments, as pprof shows it: <c>std::vector::push_back</c>.</summary>
    public static string Short(string symbol) => Demangle(symbol, parameters: false, templates: false);

    /// <summary>The name without parameters and return type, but with template arguments.</summary>
    public static string Name(string symbol) => Demangle(symbol, parameters: false, templates: true);

    private static string Demangle(string symbol, bool parameters, bool templates)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        try
        {
            if (symbol.StartsWith("_R", StringComparison.Ordinal))
            {
                return RustParser.Demangle(symbol, templates) ?? symbol;
            }

            if (!symbol.StartsWith("_Z", StringComparison.Ordinal))
            {
                return symbol;
            }

            if (RustLegacySymbol.Demangle(symbol) is { } rust)
            {
                return rust;
            }

            var writer = new NameWriter(parameters, templates);
            writer.Print(new ItaniumParser(symbol).Parse());
            return writer.ToString();
        }
        catch (DemanglingException)
        {
            return symbol;
        }
    }
}
