using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads <c>reasoning</c>, an object in which some clients say how much the model shall think and whether it shows that.</summary>
internal static class ReasoningReader
{
    private const string Field = "reasoning";

    /// <summary>Reads the value.</summary>
    /// <param name="reasoning">The value.</param>
    /// <param name="request">Gets a warning for every member that is not known.</param>
    public static ReasoningOptions Read(JsonElement reasoning, ChatRequest request)
    {
        if (reasoning.ValueKind == JsonValueKind.Null)
        {
            return default;
        }

        if (reasoning.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(Field, "an object"));
        }

        var options = default(ReasoningOptions);
        foreach (var member in reasoning.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            var path = $"{Field}.{member.Name}";
            var value = member.Value;
            switch (member.Name)
            {
                case "effort":
                    options = options with { Effort = value.ValueKind == JsonValueKind.String ? ChatOptionReading.Effort(value.GetString()!, path) : throw FieldReading.Refuse(OpenAiError.WrongType(path, "a string")) };
                    break;
                case "max_tokens":
                    options = options with { Budget = Budget(value, path) };
                    break;
                case "enabled":
                    options = options with { Enabled = Boolean(value, path) };
                    break;
                case "exclude":
                    options = options with { Exclude = Boolean(value, path) };
                    break;
                default:
                    request.Warn($"{(path.Length > 100 ? path[..100] : path)} is not known and was ignored");
                    break;
            }
        }

        return options;
    }

    private static int Budget(JsonElement value, string path)
    {
        var budget = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var tokens) ? tokens : throw FieldReading.Refuse(OpenAiError.WrongType(path, "an integer"));
        return budget >= 0 ? budget : throw FieldReading.Refuse(OpenAiError.Invalid("integer_below_min_value", $"Invalid '{path}': expected a value of at least 0.", path));
    }

    private static bool Boolean(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw FieldReading.Refuse(OpenAiError.WrongType(path, "a boolean"));
}

/// <summary>What <c>reasoning</c> says.</summary>
/// <param name="Effort"><c>effort</c>.</param>
/// <param name="Budget"><c>max_tokens</c>: the most tokens of thinking.</param>
/// <param name="Enabled"><c>enabled</c>: false is an effort of <c>none</c>, true asks for thoughts.</param>
/// <param name="Exclude"><c>exclude</c>: whether the thoughts stay out of the answer.</param>
internal readonly record struct ReasoningOptions(ReasoningEffort? Effort, int? Budget, bool? Enabled, bool? Exclude)
{
    /// <summary>Says it to the request, wherever the fields made for it say nothing. To be called when the whole body was read.</summary>
    public void ApplyTo(ChatRequest request)
    {
        var google = request.Google;
        request.Effort ??= Enabled == false ? ReasoningEffort.None : Effort;
        if (request.Effort is null && google.ThinkingLevel is null)
        {
            google.ThinkingBudget ??= Budget;
        }

        if (Budget is { } budget && google.ThinkingBudget != budget)
        {
            request.Warn("reasoning.max_tokens was ignored: how much the model thinks is said otherwise");
        }

        google.IncludeThoughts ??= Exclude == true ? false : Enabled == true || Budget > 0 ? true : null;
    }
}
