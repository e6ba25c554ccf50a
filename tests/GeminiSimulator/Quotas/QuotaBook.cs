using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Quotas;

/// <summary>Counts use per project and model and refuses what goes over, as Google does: minutes by the clock, days by Pacific midnight.</summary>
/// <param name="clock">The simulator's clock.</param>
public sealed class QuotaBook(TimeProvider clock)
{
    private static readonly TimeZoneInfo Pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");
    private readonly Lock gate = new();
    private readonly Dictionary<(string Project, string Model), QuotaLimits> limits = [];
    private readonly Dictionary<(string Project, string Model), Use> uses = [];

    /// <summary>Sets the limits of a project (or <c>*</c>) for a model (or <c>*</c>); the most specific pair wins.</summary>
    /// <param name="project">The project, or <c>*</c>.</param>
    /// <param name="model">The model, or <c>*</c>.</param>
    /// <param name="value">The limits; null takes them away.</param>
    public void Set(string project, string model, QuotaLimits? value)
    {
        lock (gate)
        {
            if (value is null)
            {
                limits.Remove((project, model));
            }
            else
            {
                limits[(project, model)] = value;
            }
        }
    }

    /// <summary>Forgets all limits and all use.</summary>
    public void Clear()
    {
        lock (gate)
        {
            limits.Clear();
            uses.Clear();
        }
    }

    /// <summary>Limits and use, pair by pair.</summary>
    public IReadOnlyList<QuotaView> List()
    {
        lock (gate)
        {
            return [.. limits.Keys.Union(uses.Keys).Order().Select(pair => uses.TryGetValue(pair, out var use)
                ? new QuotaView(pair.Project, pair.Model, limits.GetValueOrDefault(pair), use.Minute, use.Tokens, use.Day)
                : new QuotaView(pair.Project, pair.Model, limits.GetValueOrDefault(pair), 0, 0, 0))];
        }
    }

    /// <summary>Counts a request, or says which quota refuses it. A refused request is not counted.</summary>
    /// <param name="project">The key's project.</param>
    /// <param name="model">The quota's model.</param>
    /// <param name="promptTokens">Its prompt tokens.</param>
    /// <param name="embeds">Whether it asks for embeddings, whose quotas have other names.</param>
    public GoogleError? Take(string project, string model, long promptTokens, bool embeds = false)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (!uses.TryGetValue((project, model), out var use))
            {
                uses[(project, model)] = use = new Use();
            }

            use.Enter(now.ToUnixTimeSeconds() / 60, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Pacific).DateTime));
            if (Limits(project, model) is { } limit && Violation(limit, use, model, promptTokens, embeds) is { } violation)
            {
                // Google names the rest of the minute even when the day is used up.
                var rest = TimeSpan.FromSeconds(60 - (now.ToUnixTimeMilliseconds() % 60_000 / 1000.0));
                return violation.Limit == 0 ? QuotaErrors.NotOffered(model) : QuotaErrors.Exceeded(rest, violation);
            }

            use.Minute++;
            use.Day++;
            use.Tokens += promptTokens;
            return null;
        }
    }

    private static QuotaViolation? Violation(QuotaLimits limit, Use use, string model, long promptTokens, bool embeds)
    {
        if (limit is { RequestsPerMinute: 0 } or { RequestsPerDay: 0 } or { TokensPerMinute: 0 })
        {
            return QuotaErrors.RequestsPerDay(model, 0);
        }

        if (use.Day >= limit.RequestsPerDay)
        {
            return embeds ? QuotaErrors.EmbedsPerDay(model, limit.RequestsPerDay.Value) : QuotaErrors.RequestsPerDay(model, limit.RequestsPerDay.Value);
        }

        if (use.Minute >= limit.RequestsPerMinute)
        {
            return embeds ? QuotaErrors.EmbedsPerMinute(model, limit.RequestsPerMinute.Value) : QuotaErrors.RequestsPerMinute(model, limit.RequestsPerMinute.Value);
        }

        return use.Tokens + promptTokens > limit.TokensPerMinute ? QuotaErrors.TokensPerMinute(model, limit.TokensPerMinute.Value) : null;
    }

    private QuotaLimits? Limits(string project, string model) =>
        limits.GetValueOrDefault((project, model)) ?? limits.GetValueOrDefault((project, "*")) ?? limits.GetValueOrDefault(("*", model)) ?? limits.GetValueOrDefault(("*", "*"));

    private sealed class Use
    {
        private long minute;
        private DateOnly day;

        public long Minute { get; set; }

        public long Tokens { get; set; }

        public long Day { get; set; }

        public void Enter(long currentMinute, DateOnly currentDay)
        {
            if (minute != currentMinute)
            {
                (minute, Minute, Tokens) = (currentMinute, 0, 0);
            }

            if (day != currentDay)
            {
                (day, Day) = (currentDay, 0);
            }
        }
    }
}
