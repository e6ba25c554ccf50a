using System.Text;
using GeminiBalance.ProxyService.OpenAi;
using Microsoft.AspNetCore.WebUtilities;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>What of a native request's query goes upstream: the form of the answer, and nothing else.</summary>
internal static class NativeQuery
{
    /// <summary>Reads a query.</summary>
    /// <param name="query">The query, credentials taken out.</param>
    /// <param name="streams">Whether the method streams.</param>
    /// <param name="warnings">Gets what was left out.</param>
    /// <param name="error">Why it is refused; null when it is not.</param>
    /// <returns>The query to send, and whether a stream will be server-sent events.</returns>
    public static (string Query, bool AsEvents) Read(QueryString query, bool streams, List<string> warnings, out OpenAiError? error)
    {
        error = null;
        var asEvents = false;
        var saysForm = false;
        var kept = new StringBuilder();
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().ToString();
            var value = pair.DecodeValue().ToString();
            if (name is "alt" or "$alt")
            {
                if (saysForm)
                {
                    // Which of two forms the upstream would take is not ours to guess.
                    error = OpenAiError.InvalidValue(name, "The form of the answer is given twice: give 'alt' once.");
                    return default;
                }

                saysForm = true;
            }

            switch (name)
            {
                case "alt" or "$alt" when value is "json" or "sse" || value.StartsWith("json;enum-encoding=", StringComparison.Ordinal) || value.StartsWith("sse;enum-encoding=", StringComparison.Ordinal):
                    if (value.StartsWith("sse", StringComparison.Ordinal) && !streams)
                    {
                        warnings.Add("alt=sse was left out: the answer of this method is no stream");
                        continue;
                    }

                    asEvents |= value.StartsWith("sse", StringComparison.Ordinal);
                    break;
                case "alt" or "$alt":
                    error = OpenAiError.InvalidValue(name, $"Invalid value for '{name}': expected 'json' or 'sse'.");
                    return default;
                case "prettyPrint" or "$prettyPrint" when value is "true" or "false":
                    break;
                default:
                    // A field mask could hide from the gateway what was used.
                    warnings.Add("query parameters other than alt and prettyPrint were left out");
                    continue;
            }

            kept.Append(kept.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return (kept.ToString(), asEvents);
    }
}
