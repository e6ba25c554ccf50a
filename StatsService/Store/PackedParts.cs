using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Store;

/// <summary>The arrays inside a packed fact.</summary>
internal static class PackedParts
{
    /// <summary>Writes tokens.</summary>
    public static void WriteTokens(Utf8JsonWriter packed, TokenUsage? tokens)
    {
        if (tokens is null)
        {
            packed.WriteNullValue();
            return;
        }

        packed.WriteStartArray();
        packed.WriteNumberValue(tokens.Prompt);
        packed.WriteNumberValue(tokens.Completion);
        packed.WriteNumberValue(tokens.Thoughts);
        packed.WriteNumberValue(tokens.Cached);
        packed.WriteNumberValue(tokens.ToolUsePrompt);
        packed.WriteNumberValue(tokens.Total);
        if ((tokens.PromptAudio | tokens.CompletionAudio) != 0)
        {
            packed.WriteNumberValue(tokens.PromptAudio);
            packed.WriteNumberValue(tokens.CompletionAudio);
        }

        packed.WriteEndArray();
    }

    /// <summary>Reads tokens.</summary>
    public static TokenUsage? ReadTokens(ref PackedArray packed)
    {
        if (!packed.Enter())
        {
            return null;
        }

        var tokens = new TokenUsage(Next(ref packed), Next(ref packed), Next(ref packed), Next(ref packed), Next(ref packed), Next(ref packed), Next(ref packed), Next(ref packed));
        packed.Leave();
        return tokens;

        static long Next(ref PackedArray packed) => packed.NextLong() ?? 0;
    }

    /// <summary>Writes upstream calls, their keys by place.</summary>
    public static void WriteAttempts(Utf8JsonWriter packed, IReadOnlyList<AttemptFact> attempts, KeyList keys)
    {
        packed.WriteStartArray();
        foreach (var attempt in attempts)
        {
            packed.WriteStartArray();
            packed.WriteNumberValue(keys.PlaceOf(attempt.KeyId));
            packed.WriteStringValue(attempt.Outcome.ToString());
            packed.WriteNumberOrNull(attempt.Status);
            packed.WriteNumberValue(attempt.DurationMs);
            packed.WriteNumberOrNull(attempt.FirstByteMs);
            if (attempt.Reason is not null)
            {
                packed.WriteStringValue(attempt.Reason);
            }

            packed.WriteEndArray();
        }

        packed.WriteEndArray();
    }

    /// <summary>Reads upstream calls.</summary>
    public static List<AttemptFact> ReadAttempts(ref PackedArray packed, List<Guid> keys)
    {
        List<AttemptFact> attempts = [];
        if (packed.Enter())
        {
            while (packed.Enter())
            {
                attempts.Add(new AttemptFact(
                    NextKey(ref packed, keys), packed.NextWord<UpstreamOutcomeClass>(), packed.NextInt(), packed.NextDouble() ?? 0, packed.NextDouble(), packed.NextString()));
                packed.Leave();
            }

            packed.Leave();
        }

        return attempts;
    }

    /// <summary>Writes a choice, its keys by place.</summary>
    public static void WriteChoice(Utf8JsonWriter packed, KeyChoice? choice, KeyList keys)
    {
        if (choice is null)
        {
            packed.WriteNullValue();
            return;
        }

        packed.WriteStartArray();
        packed.WriteStringValue(choice.Strategy);
        packed.WriteNumberValue(choice.Eligible);
        packed.WriteNumberValue(choice.Excluded);
        if (choice.ExcludedBy is null)
        {
            packed.WriteNullValue();
        }
        else
        {
            packed.WriteStartArray();
            foreach (var (reason, count) in choice.ExcludedBy)
            {
                packed.WriteStringValue(reason);
                packed.WriteNumberValue(count);
            }

            packed.WriteEndArray();
        }

        if (choice.Finalists is not null)
        {
            packed.WriteStartArray();
            foreach (var finalist in choice.Finalists)
            {
                packed.WriteStartArray();
                packed.WriteNumberValue(keys.PlaceOf(finalist.KeyId));
                packed.WriteNumberValue(finalist.Score);
                packed.WriteNumberOrNull(finalist.Success);
                packed.WriteNumberOrNull(finalist.LatencyMs);
                packed.WriteNumberOrNull(finalist.Headroom);
                packed.WriteNumberOrNull(finalist.InFlight);
                packed.WriteEndArray();
            }

            packed.WriteEndArray();
        }

        packed.WriteEndArray();
    }

    /// <summary>Reads a choice.</summary>
    public static KeyChoice? ReadChoice(ref PackedArray packed, List<Guid> keys)
    {
        if (!packed.Enter())
        {
            return null;
        }

        var choice = new KeyChoice(packed.NextString() ?? "", packed.NextInt() ?? 0, packed.NextInt() ?? 0);
        if (packed.Enter())
        {
            Dictionary<string, int> excludedBy = [];
            while (packed.NextString() is { } reason)
            {
                excludedBy[reason] = packed.NextInt() ?? 0;
            }

            packed.Leave();
            choice = choice with { ExcludedBy = excludedBy };
        }

        if (packed.Enter())
        {
            List<ChoiceFinalist> finalists = [];
            while (packed.Enter())
            {
                finalists.Add(new ChoiceFinalist(NextKey(ref packed, keys), packed.NextDouble() ?? 0, packed.NextDouble(), packed.NextDouble(), packed.NextDouble(), packed.NextInt()));
                packed.Leave();
            }

            packed.Leave();
            choice = choice with { Finalists = finalists };
        }

        packed.Leave();
        return choice;
    }

    private static Guid NextKey(ref PackedArray packed, List<Guid> keys) => keys[packed.NextInt() ?? -1];

    /// <summary>Writes a number, or null.</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter packed, double? value)
    {
        if (value is { } number)
        {
            packed.WriteNumberValue(number);
        }
        else
        {
            packed.WriteNullValue();
        }
    }
}
