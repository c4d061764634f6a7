using System.Text;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>
/// The texts of strings, those among them that V8 keeps in pieces: a concatenated string leads to its two halves by <c>first</c> and
/// <c>second</c>, which may be concatenated themselves. A sliced string's text cannot be told: the file names the string that it is a
/// part of, but not which part.
/// </summary>
internal sealed class V8Texts(V8SnapshotHeader header, V8NodeRows nodes, V8Rows edges, V8Strings strings)
{
    /// <summary>V8 writes so many characters of a string (unless --heap-snapshot-string-limit says otherwise).</summary>
    public const int WrittenCharacters = 1024;

    /// <summary>Pieces that are looked at for the beginning of a text.</summary>
    private const int MostPieces = 4096;

    private readonly int flat = Array.IndexOf(header.NodeTypes, "string");
    private readonly int concatenated = Array.IndexOf(header.NodeTypes, "concatenated string");

    /// <summary>The beginning of a concatenated string; null where that is a piece whose text the file does not tell.</summary>
    public string? Beginning(int node, int characters)
    {
        var text = new StringBuilder();
        var pending = new Stack<int>([node]);
        for (var looked = 0; looked < MostPieces && text.Length < characters && pending.TryPop(out var piece); looked++)
        {
            var row = nodes[piece];
            if (row.Type == flat)
            {
                text.Append(strings[(int)row.Name]);
            }
            else if (Halves(row) is { } halves)
            {
                pending.Push(halves.Second);
                pending.Push(halves.First);
            }
            else
            {
                break;
            }
        }

        return text.Length > 0 ? text.ToString() : null;
    }

    /// <summary>False for a string of which the file has the beginning only.</summary>
    public bool IsWhole(int node) =>
        nodes[node] is var row && (row.Type != flat || strings[(int)row.Name].Length < WrittenCharacters);

    /// <summary>
    /// Shows each string with a hash of its text. Left out are strings that only lead to another one (a flattened concatenated string, a
    /// string that was replaced by its like) and those whose text the file does not tell: sliced ones, and what consists of such.
    /// </summary>
    public void Visit(ContentVisitor visit, CancellationToken cancellation)
    {
        using var hashes = new NativeArray<TextHash>(strings.Count);
        using var isCut = new NativeArray<bool>(strings.Count);
        strings.Visit(
            (index, raw) =>
            {
                hashes[index] = TextHash.Of(raw);
                isCut[index] = raw.Length >= WrittenCharacters && JsonScanner.Unescape(raw).Length >= WrittenCharacters;
            },
            cancellation
        );

        var concatenations = new Dictionary<int, TextHash?>();
        for (var node = 0; node < header.NodeCount; node++)
        {
            if ((node & 0xFFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var row = nodes[node];
            var text =
                row.Type == flat && !LeadsTo(row, "actual") ? Flat(row)
                : row.Type == concatenated && Halves(row) is { } halves && !IsEmpty(halves.Second)
                    ? Concatenated(node, row)
                : null;
            if (text is { } hash)
            {
                visit(node, hash.Folded());
            }
        }

        bool IsEmpty(int piece) => nodes[piece] is var row && row.Type == flat && hashes[row.Name].Length == 0;

        // Of a text that was cut off, the size must be equal as well.
        TextHash Flat(V8NodeRow row) =>
            isCut[row.Name] ? hashes[row.Name].Followed((ulong)row.SelfSize) : hashes[row.Name];

        TextHash? Concatenated(int node, V8NodeRow itself)
        {
            var pending = new Stack<(int Node, V8NodeRow Row)>([(node, itself)]);
            while (pending.TryPeek(out var top))
            {
                if (concatenations.TryGetValue(top.Node, out var known) && known is not null)
                {
                    pending.Pop();
                    continue;
                }

                // Unknown until both halves are known; so a damaged file's circle ends as unknown.
                concatenations.TryAdd(top.Node, null);
                if (
                    Halves(top.Row) is { } halves
                    && TryPiece(halves.First, pending, out var first)
                    && TryPiece(halves.Second, pending, out var second)
                    && first is { } left
                    && second is { } right
                )
                {
                    concatenations[top.Node] = left.Followed(right);
                    pending.Pop();
                }
                else if (pending.Peek().Node == top.Node)
                {
                    pending.Pop();
                }
            }

            return concatenations[node];
        }

        // False where a piece has to be looked at before; null for a text that is not told.
        bool TryPiece(int piece, Stack<(int Node, V8NodeRow Row)> pending, out TextHash? text)
        {
            var row = nodes[piece];
            text = null;
            if (row.Type == flat)
            {
                text = Flat(row);
            }
            else if (row.Type == concatenated && !concatenations.TryGetValue(piece, out text))
            {
                pending.Push((piece, row));
                return false;
            }

            return true;
        }
    }

    private (int First, int Second)? Halves(V8NodeRow row)
    {
        if (row.Type != concatenated)
        {
            return null;
        }

        var (first, second) = (-1, -1);
        for (var edge = row.FirstEdge; edge < row.EdgeEnd; edge++)
        {
            switch (NameOf(edge))
            {
                case "first":
                    first = Target(edge);
                    break;
                case "second":
                    second = Target(edge);
                    break;
                default:
                    break;
            }
        }

        return first < 0 || second < 0 ? null : (first, second);
    }

    private bool LeadsTo(V8NodeRow row, string name)
    {
        // A plain string has one edge, to its map.
        for (var edge = row.FirstEdge; row.EdgeCount > 1 && edge < row.EdgeEnd; edge++)
        {
            if (NameOf(edge) == name)
            {
                return true;
            }
        }

        return false;
    }

    private int Target(long edge) => (int)(edges[edge][header.EdgeTo] / (ulong)header.NodeColumns);

    private string? NameOf(long edge)
    {
        var row = edges[edge];
        return header.EdgeTypes[row[header.EdgeType]] == "internal" ? strings[(int)row[header.EdgeName]] : null;
    }
}
