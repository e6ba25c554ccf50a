using System.Buffers;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>One thing found in a text: a key, or the reason why there is none.</summary>
internal sealed record ImportItem(int Line, Secret? Key, string? Label, string? Project, string? Refusal, KeyTier? Tier = null, string? Tags = null);

/// <summary>Reads the text of an import: keys separated by line ends, commas, semicolons, spaces or tabs, or lines of <c>key,label,project</c>. Pure.</summary>
internal static class ImportText
{
    private const int LongestText = 200;
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n\f\u0085\u2028\u2029");
    private static readonly char[] Separators = [',', ';', ' ', '\t'];
    private static readonly char[] Wrapping = ['"', '\'', '`', '[', ']', '{', '}', ' ', '\t'];

    public static IEnumerable<ImportItem> Read(string text)
    {
        var number = 0;
        var inPem = false;
        foreach (var raw in Lines(text.TrimStart('\uFEFF')))
        {
            number++;
            var line = raw.Trim();
            if (inPem)
            {
                inPem = !line.StartsWith("-----END", StringComparison.Ordinal);
                continue;
            }

            if (line.Length == 0 || line.StartsWith('#') || IsHeader(line))
            {
                continue;
            }

            if (line.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                inPem = !line.Contains("-----END", StringComparison.Ordinal);
                yield return new ImportItem(number, null, null, null, "This is a private key or certificate, not an API key.");
                continue;
            }

            foreach (var item in ReadLine(number, WithoutVariable(line)))
            {
                yield return item;
            }
        }
    }

    /// <summary>One line after the other: a text may hold many thousands.</summary>
    private static IEnumerable<string> Lines(string text)
    {
        for (var start = 0; start <= text.Length;)
        {
            var end = text.AsSpan(start).IndexOfAny(LineEnds);
            if (end < 0)
            {
                yield return text[start..];
                yield break;
            }

            end += start;
            yield return text[start..end];
            start = end + (text.AsSpan(end).StartsWith("\r\n") ? 2 : 1);
        }
    }

    private static IEnumerable<ImportItem> ReadLine(int number, string line)
    {
        if (Table(number, line) is { } row)
        {
            return [row];
        }

        var words = line.Split(Separators, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Trim(Wrapping))
            .TakeWhile(word => !word.StartsWith('#'))
            .Where(word => word.Length > 0)
            .ToArray();
        var items = words.Select(word => KeyShape.Refusal(word) is { } refusal
            ? new ImportItem(number, null, null, null, refusal)
            : new ImportItem(number, new Secret(word), null, null, null)).ToArray();

        // A line of prose is one mistake, not one for each of its words.
        return items.Any(item => item.Key is not null) ? items : items.Take(1);
    }

    /// <summary>The line as <c>key,label,project</c>, or null when it is none: its second field must not be a key itself.</summary>
    private static ImportItem? Table(int number, string line)
    {
        var fields = Fields(line);
        if (fields.Count is < 2 or > 3 || fields.All(field => field.Length == 0) || KeyShape.Refusal(fields[0]) is not null)
        {
            return null;
        }

        var others = fields.Skip(1).Where(field => field.Length > 0).ToArray();
        var keys = KeyShape.IsUnmistakable(fields[0]) ? others.Any(KeyShape.IsUnmistakable) : others.Any(field => KeyShape.Refusal(field) is null);
        if (others.Length == 0 || keys)
        {
            return null;
        }

        return others.Any(field => field.Length > LongestText)
            ? new ImportItem(number, null, null, null, "The label or project is longer than 200 characters.")
            : new ImportItem(number, new Secret(fields[0]), Given(fields[1]), fields.Count == 3 ? Given(fields[2]) : null, null);
    }

    /// <summary>Splits at commas outside of double quotes.</summary>
    internal static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (i == line.Length || (line[i] == ',' && !quoted))
            {
                fields.Add(line[start..i].Trim(Wrapping));
                start = i + 1;
            }
        }

        return fields;
    }

    /// <summary>Takes <c>NAME=</c> and <c>export NAME=</c> from the front, as lines of environment files have it.</summary>
    private static string WithoutVariable(string line)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return line;
        }

        var name = line[..equals].Trim();
        name = name.StartsWith("export ", StringComparison.Ordinal) ? name["export ".Length..].Trim() : name;
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0]) ? line[(equals + 1)..].Trim() : line;
    }

    private static bool IsHeader(string line) => line.Split(',')[0].Trim(Wrapping).ToUpperInvariant() is "KEY" or "API_KEY" or "KEYS";

    private static string? Given(string field) => field.Length == 0 ? null : field;
}
