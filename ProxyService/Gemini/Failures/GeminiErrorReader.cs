using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>Reads error bodies: an error object, the same in an array, or nothing readable. Never throws.</summary>
internal static partial class GeminiErrorReader
{
    /// <summary>Reads a body.</summary>
    /// <param name="body">What the upstream sent.</param>
    /// <returns>The error; null when the body holds none.</returns>
    public static GeminiError? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            {
                root = root[0];
            }

            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? Read(error) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A wait as Google writes it: <c>51s</c>, <c>33.820058115s</c>, <c>964.97ms</c> or <c>1h2m3s</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Null when it is none.</returns>
    public static TimeSpan? ParseDelay(string? text)
    {
        var match = DelayPattern().Match(text ?? "");
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        var seconds = (Number(match.Groups["h"]) * 3600) + (Number(match.Groups["m"]) * 60) + Number(match.Groups["s"]) + (Number(match.Groups["ms"]) / 1000);
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(7).TotalSeconds));
    }

    private static GeminiError Read(JsonElement error)
    {
        var reason = "";
        var debug = "";
        string? field = null;
        var aboutFields = false;
        TimeSpan? delay = null;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var violations = new List<QuotaViolation>();
        if (error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Array)
        {
            foreach (var detail in details.EnumerateArray())
            {
                var type = Text(detail, "@type");
                switch (type[(type.LastIndexOf('.') + 1)..])
                {
                    case "ErrorInfo":
                        reason = Text(detail, "reason");
                        ReadMetadata(detail, metadata);
                        break;
                    case "QuotaFailure":
                        ReadViolations(detail, violations);
                        break;
                    case "RetryInfo":
                        delay = ParseDelay(Text(detail, "retryDelay"));
                        break;
                    case "BadRequest":
                        field ??= FirstField(detail, ref aboutFields);
                        break;
                    case "DebugInfo":
                        debug = Text(detail, "detail");
                        break;
                }
            }
        }

        var code = error.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) ? value : 0;
        return new GeminiError(code, Text(error, "status"), Text(error, "message"), reason, metadata, violations, delay, field, aboutFields, debug);
    }

    private static void ReadMetadata(JsonElement detail, Dictionary<string, string> metadata)
    {
        if (detail.TryGetProperty("metadata", out var entries) && entries.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in entries.EnumerateObject())
            {
                if (entry.Value.ValueKind == JsonValueKind.String)
                {
                    metadata[entry.Name] = entry.Value.GetString()!;
                }
            }
        }
    }

    private static void ReadViolations(JsonElement detail, List<QuotaViolation> violations)
    {
        if (!detail.TryGetProperty("violations", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var violation in list.EnumerateArray())
        {
            if (violation.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            var model = violation.TryGetProperty("quotaDimensions", out var dimensions) ? Text(dimensions, "model") : "";
            violations.Add(new QuotaViolation(
                Text(violation, "quotaMetric"),
                Text(violation, "quotaId"),
                model.Length == 0 ? null : model,
                violation.TryGetProperty("quotaValue", out var value) && long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null));
        }
    }

    private static string? FirstField(JsonElement detail, ref bool any)
    {
        if (detail.TryGetProperty("fieldViolations", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            any |= list.GetArrayLength() > 0;
            foreach (var violation in list.EnumerateArray())
            {
                if (Text(violation, "field") is { Length: > 0 } field)
                {
                    return field;
                }
            }
        }

        return null;
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static double Number(Group group) => group.Success && double.TryParse(group.ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : 0;

    [GeneratedRegex(@"^(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DelayPattern();
}
