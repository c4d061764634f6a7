using Tidemark.Symbols.Demangling;
using Tidemark.Tests;

namespace Tidemark.Symbols.Tests;

public class DemanglerTests
{
    [Theory]
    [InlineData(
        "_ZN4shop8Registry3addERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
        "shop::Registry::add(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&)"
    )]
    [InlineData("_Z3fooIiEvT_PFiS0_E", "void foo<int>(int, int (*)(int))")]
    [InlineData("_Z1fRA5_Kc", "f(char const (&) [5])")]
    [InlineData("_ZN1AC2Ev", "A::A()")]
    [InlineData("_ZNSt6vectorI3FooSaIS0_EED1Ev", "std::vector<Foo, std::allocator<Foo> >::~vector()")]
    [InlineData("_ZTV7Session", "vtable for Session")]
    [InlineData("_ZGVZ3barvE1x", "guard variable for bar()::x")]
    [InlineData("_ZN12_GLOBAL__N_14pushEi", "(anonymous namespace)::push(int)")]
    [InlineData("_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const")]
    [InlineData("_ZN3foo3barEv.isra.0", "foo::bar() [clone .isra.0]")]
    [InlineData("_Z3sumIJidEEvDpT_", "void sum<int, double>(int, double)")]
    [InlineData("_ZN1AcvT_IiEEv", "A::operator int<int>()")]
    [InlineData("main", "main")]
    [InlineData("_Zbroken", "_Zbroken")]
    [InlineData(
        "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$14grow_amortized17h0123456789abcdefE",
        "alloc::raw_vec::RawVec<T,A>::grow_amortized"
    )]
    [InlineData(
        "_RINvNtCsgEmfK2I1SDS_4core3mem4dropINtNtCslNYArtu3iFV_5alloc3vec3VechEEB2_",
        "core::mem::drop::<alloc::vec::Vec<u8>>"
    )]
    public void A_symbol_is_named_as_the_source_names_it(string symbol, string name) =>
        Demangler.Full(symbol).ShouldBe(name);

    [Theory]
    [InlineData(
        "_ZNSt6vectorI3FooSaIS0_EE17_M_realloc_insertIJRKS0_EEEvN9__gnu_cxx17__normal_iteratorIPS0_S2_EEDpOT_",
        "std::vector::_M_realloc_insert"
    )]
    [InlineData("_Z3fooIiEvT_PFiS0_E", "foo")]
    [InlineData("_RINvNtCsgEmfK2I1SDS_4core3mem4dropINtNtCslNYArtu3iFV_5alloc3vec3VechEEB2_", "core::mem::drop")]
    public void The_short_name_has_neither_parameters_nor_template_arguments(string symbol, string name) =>
        Demangler.Short(symbol).ShouldBe(name);

    [Fact]
    public void Every_symbol_of_the_C_plus_plus_library_is_named_as_binutils_names_it()
    {
        var symbols = Run("nm", "-D --defined-only /usr/lib/x86_64-linux-gnu/libstdc++.so.6", "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ')[^1].Split('@')[0])
            .Where(s => s.StartsWith("_Z", StringComparison.Ordinal))
            // c++filt writes out the three abbreviations of streams, and of the old string; cxxabi does not.
            .Where(s => s.IndexOf("Ss", StringComparison.Ordinal) < 0 && s.IndexOf("Si", StringComparison.Ordinal) < 0)
            .Where(s => s.IndexOf("So", StringComparison.Ordinal) < 0 && s.IndexOf("Sd", StringComparison.Ordinal) < 0)
            .Distinct()
            .ToList();
        symbols.Count.ShouldBeGreaterThan(2000);
        var expected = Run("c++filt", "", string.Join('\n', symbols)).Split('\n');

        for (var i = 0; i < symbols.Count; i++)
        {
            Demangler.Full(symbols[i]).ShouldBe(expected[i]);
        }
    }

    [Theory]
    [InlineData("_Z1f", 20000)]
    [InlineData("_RNvC1a1b", 20000)]
    public void Any_change_to_a_symbol_ends_quickly(string prefix, int rounds)
    {
        string[] seeds =
        [
            "_ZNSt6vectorI3FooSaIS0_EE17_M_realloc_insertIJRKS0_EEEvN9__gnu_cxx17__normal_iteratorIPS0_S2_EEDpOT_",
            "_ZZN3fooIiEvT_ENKUliE_clEiIXadL_Z3barvEEDTplfp_fp0_EJidEE",
            "_RINvNtCsgEmfK2I1SDS_4core3mem4dropINtNtCslNYArtu3iFV_5alloc3vec3VechEEB2_",
            "_RNvXs0_NtC1a1bDG_INtNtC4core3ops2FnTRL0_hEEp6OutputuEL_NtB4_1c1d",
            prefix,
        ];
        const string alphabet = "_ZNSIEJKRTDpL0123456789abcdefghijklmnopqrstuvwxyzXBCFAM$.";
        var random = new Random(7);
        var started = Environment.CpuUsage.TotalTime; // not by the clock: a busy machine lets nobody run for a while
        for (var round = 0; round < rounds; round++)
        {
            var symbol = seeds[random.Next(seeds.Length)].ToCharArray();
            for (var change = 0; change < 3; change++)
            {
                symbol[random.Next(2, symbol.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            Demangler.Full(new string(symbol)).Length.ShouldBeLessThan(1 << 17);
        }

        (Environment.CpuUsage.TotalTime - started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_symbol_that_doubles_itself_is_left_as_it_is()
    {
        // Each pointer-to-function type takes the one before it twice: 2^60 characters if printed.
        var symbol =
            "_Z1fPFiiiE" + string.Concat(Enumerable.Range(0, 36).Select(i => $"PFS{Base36(i * 2)}S{Base36(i * 2)}E"));

        Demangler.Full(symbol).ShouldBe(symbol);

        static string Base36(int n) =>
            (
                n < 10 ? $"{n}"
                : n < 36 ? $"{(char)('A' + n - 10)}"
                : $"1{Digit(n - 36)}"
            ) + "_";

        static string Digit(int n) => n < 10 ? $"{n}" : $"{(char)('A' + n - 10)}";
    }

    private static string Run(string program, string arguments, string input) => Tool.Run(program, arguments, input);
}
