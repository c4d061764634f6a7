namespace Tidemark.Core.Suspects;

/// <summary>Finds on a way who owns a pile, in the user's words, and the steps by which a known fault is told.</summary>
internal sealed class PileHolder(TypeRoles roles)
{
    /// <summary>Fields that are told after the variable from which they are reached.</summary>
    private const int MostFields = 3;

    /// <summary>What so few steps further in than the pile's owner tells what the pile consists of.</summary>
    private const int InnerSteps = 4;

    /// <summary>
    /// Who owns the pile: the last field of one of the user's types on the way, static or not, or a variable with the fields that lead
    /// on from it. Where there is none, what the known fault is told by, or a library's field; else the root.
    /// </summary>
    /// <param name="chain">The way.</param>
    /// <param name="content">The type of what piles up.</param>
    /// <param name="variable">The variable that threads keep it for, where there is one.</param>
    /// <param name="culprit">The known fault, if it is one.</param>
    /// <param name="ownerStep">The step at which the pile's collection stands.</param>
    public string Name(HoldingChain chain, string content, string? variable, KnownCulprit? culprit, int ownerStep)
    {
        var way = chain.Steps.SkipLast(1).ToList();
        var anchor = Anchor(chain, content);
        if (anchor >= 0)
        {
            return WithFields(chain, anchor);
        }

        if (Package(chain) is >= 0 and var package)
        {
            return WithFields(chain, package);
        }

        return (roles.TellsCode ? null : way.LastOrDefault(s => IsUsersField(s, content))?.Text)
            ?? variable
            ?? way.LastOrDefault(s => culprit?.Match.IsMatch(s.Text) == true && (s.IsField || !roles.TellsCode))?.Text
            ?? (
                roles.TellsCode
                    ? way.Take(Reach(chain) + 1).LastOrDefault(IsThing)?.Text
                    : LibrarysField(chain, ownerStep)
            )
            ?? way.LastOrDefault(s => IsUsersField(s, content))?.Text
            ?? way.LastOrDefault(s => s.IsStatic)?.Text
            ?? chain.Steps[0].Text;
    }

    /// <summary>True for an object that people know, and not a part of the runtime's insides: a window, an element, a socket.</summary>
    private bool IsThing(HoldingStep step) =>
        step.Type is { } type && !roles.IsInner(type) && !roles.IsNoise(type) && !roles.IsInside(type);

    /// <summary>The first of the last fields of a package's objects that lead to the owner one after the other, or the variable before them; -1 where there is none.</summary>
    private int Package(HoldingChain chain)
    {
        var found = -1;
        for (var i = Reach(chain); i >= 0; i--)
        {
            var step = chain.Steps[i];
            if (step.File is not null && step.Field is not null and not "this" && !roles.IsRuntimes(step.File))
            {
                found = i;
                if (step.IsVariable)
                {
                    break;
                }
            }
            else if (found >= 0)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>True where no field or variable of the user's leads to the pile, nor any code of theirs is on the way.</summary>
    public bool IsNobodys(HoldingChain chain, string content) =>
        Anchor(chain, content) < 0
        && !roles.IsUsers(content)
        && !chain.Steps.Any(s =>
            s.IsStatic
            || (s.File is not null && !roles.IsLibrary(s.File))
            || (
                s is { IsField: true, Type: not null }
                && roles.IsUsers(s.Type)
                && (s.File is null || !roles.IsLibrary(s.File))
            )
        );

    /// <summary>
    /// The steps by which a known fault is told. Where it is known whose code a field belongs to, those are the ones from the user's own
    /// field on, as far as the objects that pile up: how that field is reached says nothing of it.
    /// </summary>
    public IEnumerable<HoldingStep> Telling(HoldingChain chain, string content)
    {
        var anchor = Anchor(chain, content);
        return anchor >= 0 && chain.Steps[anchor] is { File: not null } or { IsVariable: true }
            ? chain.Steps.Take(Reach(chain) + 1 + InnerSteps).Skip(anchor)
            : chain.Steps;
    }

    /// <summary>True where the way from the user's own field on is known, so that all of it counts.</summary>
    public bool IsExact(HoldingChain chain, string content) =>
        Anchor(chain, content) is >= 0 and var anchor
        && chain.Steps[anchor] is { File: not null } or { IsVariable: true };

    /// <summary>
    /// The last step that can name the pile: its owner's, or that of a collection between the two, which does not own what is held
    /// from elsewhere as well.
    /// </summary>
    public int Reach(HoldingChain chain)
    {
        if (!roles.TellsCode)
        {
            return chain.Steps.Count - 2;
        }

        // What several objects hold is owned by none of them: the last collection on the way is what it piles up in.
        var isOwned = chain.Steps.Any(s => s.IsOwner);
        for (var i = Math.Min(chain.Pile, chain.Steps.Count) - 1; i > (isOwned ? chain.Owner : -1); i--)
        {
            if (IsCollection(chain.Steps[i].Type))
            {
                return i;
            }
        }

        return Math.Clamp(isOwned ? chain.Owner : chain.Pile - 1, 0, Math.Max(0, chain.Steps.Count - 2));
    }

    public bool IsCollection(string? type) =>
        type is not null && roles.Role(type) is not null and not CollectionRole.Inner;

    /// <summary>The last field of the user's that leads to what owns the pile; -1 where there is none.</summary>
    private int Anchor(HoldingChain chain, string content)
    {
        for (var i = Reach(chain); i >= 0; i--)
        {
            if (IsUsersField(chain.Steps[i], content))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A variable with the fields of plain objects and of libraries that lead on to the owner, as it would stand in the code.</summary>
    private string WithFields(HoldingChain chain, int anchor)
    {
        var text = chain.Steps[anchor].Text;
        if (chain.Steps[anchor] is { IsVariable: false, File: null })
        {
            return text;
        }

        var fields = 0;
        foreach (var step in chain.Steps.Take(Reach(chain) + 1).Skip(anchor + 1))
        {
            if (step.Type is not null && roles.Role(step.Type) is not null && !roles.IsInner(step.Type))
            {
                break; // a collection: what leads on are its parts
            }

            if (step.Field is { } field && !roles.IsInner(step.Type!))
            {
                const string symbol = "<symbol ";
                if (field.StartsWith(symbol, StringComparison.Ordinal))
                {
                    text += $"[{field[symbol.Length..^1]}]";
                }
                else if (field.All(c => char.IsLetterOrDigit(c) || c is '_' or '$' or '#'))
                {
                    text += $".{field}";
                }
                else
                {
                    break;
                }

                if (++fields == MostFields)
                {
                    break;
                }
            }
        }

        return text;
    }

    /// <summary>The last field with a name up to a step that is of no collection; what a stack holds is told by its function.</summary>
    private string? LibrarysField(HoldingChain chain, int last)
    {
        const string local = ".<local of ";
        var field = chain
            .Steps.Take(last + 1)
            .LastOrDefault(s =>
                s.IsField
                && s.Type is { } type
                && roles.Role(type) is null
                && !roles.IsArray(type)
                && (!s.Text.Contains('<', StringComparison.Ordinal) || s.Text.Contains(local, StringComparison.Ordinal))
            );
        return field is null ? null
            : field.Text.IndexOf(local, StringComparison.Ordinal) is >= 0 and var at
                ? $"local of {field.Text[(at + local.Length)..].TrimEnd('>')} in {chain.Steps[0].Text}"
            : field.Text;
    }

    private bool IsUsersField(HoldingStep step, string content)
    {
        return step.IsStatic && step.Plain != step.Text
            ? !roles.IsLibrary(step.Plain)
            : step.IsStatic
                || (
                    step.IsField
                    && (step.File is null || !roles.IsLibrary(step.File))
                    && (step.Type != content || step.IsVariable || roles.IsScope(content))
                    && (step.IsVariable || roles.IsUsers(step.Type!))
                    && !step.Text.EndsWith(".<class>", StringComparison.Ordinal)
                    // The object whose method a closure belongs to: no name that anyone gave to the pile.
                    && !(
                        roles.IsScope(step.Type!)
                        && (step.Field == "this" || step.Text.EndsWith(".this", StringComparison.Ordinal))
                    )
                );
    }
}
