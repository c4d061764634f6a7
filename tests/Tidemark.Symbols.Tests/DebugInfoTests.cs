using System.Globalization;
using Tidemark.Symbols.Demangling;
using Tidemark.Symbols.Dwarf;
using Tidemark.Symbols.Elf;
using Tidemark.Tests;

namespace Tidemark.Symbols.Tests;

public class DebugInfoTests(CompiledProgram compiled) : IClassFixture<CompiledProgram>
{
    [Theory]
    [InlineData("o2-dwarf5", "-g -O2")]
    [InlineData("o0-dwarf4", "-g -O0 -gdwarf-4")]
    [InlineData("o2-dwarf3", "-g -O2 -gdwarf-3")]
    [InlineData("o1-packed", "-g -O1 -gz=zlib")]
    public void Functions_calls_put_into_them_and_lines_are_those_of_addr2line(string name, string flags)
    {
        var program = compiled.Compile(name, flags);
        using var elf = ElfFile.Open(program);
        var info = DebugInfo.Of(elf).ShouldNotBeNull();
        var addresses = Addresses(elf);
        addresses.Count.ShouldBeGreaterThan(250);

        var theirs = Addr2Line(program, addresses);

        var inlined = 0;
        foreach (var address in addresses)
        {
            var expected = theirs[address];
            var frames = info.Resolve(address);
            // Their outermost name is the symbol table's, ours is checked where the debug information has the same.
            frames.Select(f => (f.File, f.Line)).ShouldBe(expected.Select(f => (f.File, f.Line)), $"at {address:x}");
            for (var i = 0; i < frames.Count - 1; i++)
            {
                frames[i].IsInlined.ShouldBeTrue();
                inlined++;
                // For what has no linkage name they print the function around it.
                if (frames[i].Function.StartsWith("_Z", StringComparison.Ordinal))
                {
                    Demangler.Full(frames[i].Function).ShouldBe(expected[i].Function, $"at {address:x}");
                }
            }
        }

        (inlined > 0).ShouldBe(!flags.Contains("-O0", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_debug_information_the_symbol_table_gives_the_names()
    {
        var program = compiled.Compile("plain", "-O2");
        using var symbols = ObjectSymbols.Open(program).ShouldNotBeNull();
        var work = Functions(symbols.Elf).Single(s => s.Name == "_ZN4shop4workEi");

        var frame = symbols.Resolve(work.Address + 5).ShouldHaveSingleItem();

        frame.ShouldBe(new CodeFrame("shop::work", "_ZN4shop4workEi", "", 0, IsInlined: false));
    }

    [Fact]
    public void A_variable_is_found_by_an_address_inside_of_it()
    {
        var program = compiled.Compile("plain", "-O2");
        using var symbols = ObjectSymbols.Open(program).ShouldNotBeNull();
        var sessions = Enumerable
            .Range(0, symbols.Variables.Count)
            .Select(i => symbols.Variables[i])
            .Single(s => Demangler.Full(s.Name) == "shop::sessions");

        symbols.Variables.Find(sessions.Address + sessions.Size - 1).ShouldBe(sessions);
        symbols.Variables.Find(sessions.Address + sessions.Size).ShouldNotBe(sessions);
    }

    [Fact]
    public void Any_damage_to_a_program_ends_in_names_or_in_one_line()
    {
        var bytes = File.ReadAllBytes(compiled.Compile("o2-dwarf5", "-g -O2"));
        var damaged = Path.Combine(compiled.Folder, "damaged");
        var random = new Random(11);
        ulong[] addresses;
        using (var elf = ElfFile.Open(compiled.Compile("o2-dwarf5", "-g -O2")))
        {
            addresses = [.. Addresses(elf).Where((_, i) => i % 50 == 0)];
        }

        // A few in every run; TIDEMARK_MUTATIONS=1000000 for a long one.
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_MUTATIONS"), out var wanted)
            ? wanted
            : 60;
        for (var round = 0; round < rounds; round++)
        {
            var copy = round % 5 == 0 ? bytes[..random.Next(bytes.Length)] : (byte[])bytes.Clone();
            for (var change = 0; change < 40; change++)
            {
                copy[random.Next(copy.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(damaged, copy);
            using var symbols = ObjectSymbols.Open(damaged);
            foreach (var address in addresses)
            {
                symbols?.Resolve(address);
            }
        }
    }

    private static IEnumerable<ElfSymbol> Functions(ElfFile elf)
    {
        var table = SymbolTable.Of(elf, SymbolKind.Function);
        return Enumerable.Range(0, table.Count).Select(i => table[i]);
    }

    /// <summary>Addresses all over the functions that have lines.</summary>
    private static List<ulong> Addresses(ElfFile elf)
    {
        var info = DebugInfo.Of(elf).ShouldNotBeNull();
        return
        [
            .. Functions(elf)
                // Clones and start-up code have names that only the symbol table knows.
                .Where(f =>
                    f.Name.StartsWith("_ZN", StringComparison.Ordinal)
                    && !f.Name.Contains('.', StringComparison.Ordinal)
                )
                .SelectMany(f => Enumerable.Range(0, (int)f.Size / 11).Select(i => f.Address + ((ulong)i * 11)))
                .Where(a => info.Resolve(a).Count > 0)
                .Distinct()
                .Order(),
        ];
    }

    private static Dictionary<ulong, List<SourceFrame>> Addr2Line(string program, List<ulong> addresses)
    {
        var input = string.Join('\n', addresses.Select(a => a.ToString("x", CultureInfo.InvariantCulture)));
        var result = new Dictionary<ulong, List<SourceFrame>>();
        List<SourceFrame> current = [];
        string? function = null;
        foreach (
            var line in Tool.Run("addr2line", $"-a -f -i -C -e {program}", input + "\n")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            if (line.StartsWith("0x", StringComparison.Ordinal) && function is null)
            {
                current = result[
                    ulong.Parse(line.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                ] = [];
            }
            else if (function is null)
            {
                function = line;
            }
            else
            {
                var place = line.Split(' ')[0];
                var colon = place.LastIndexOf(':');
                _ = int.TryParse(place.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var number);
                current.Add(new SourceFrame(function, place[..colon], number, IsInlined: false));
                function = null;
            }
        }

        return result;
    }
}
