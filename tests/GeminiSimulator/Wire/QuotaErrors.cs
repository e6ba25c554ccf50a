using System.Globalization;
using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>One used-up quota.</summary>
/// <param name="Metric">Last part of the metric's name.</param>
/// <param name="QuotaId">The quota's id.</param>
/// <param name="Model">The quota's model, which is not always the one asked.</param>
/// <param name="Limit">Its limit.</param>
public readonly record struct QuotaViolation(string Metric, string QuotaId, string Model, long Limit);

/// <summary>The 429 bodies.</summary>
public static class QuotaErrors
{
    private const string Requests = "generate_content_free_tier_requests";
    private const string Embeds = "embed_content_free_tier_requests";
    private const string Tokens = "generate_content_free_tier_input_token_count";

    /// <summary>A 429 without details.</summary>
    public static GoogleError Bare { get; } = new(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).");

    /// <summary>The project's monthly spending cap is reached.</summary>
    public static GoogleError SpendCap { get; } = new(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap. Please go to AI Studio to manage your project spend cap.");

    /// <summary>Free requests a minute.</summary>
    /// <param name="model">The quota's model.</param>
    /// <param name="limit">The limit.</param>
    public static QuotaViolation RequestsPerMinute(string model, long limit) => new(Requests, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", model, limit);

    /// <summary>Free requests a day.</summary>
    /// <param name="model">The quota's model.</param>
    /// <param name="limit">The limit.</param>
    public static QuotaViolation RequestsPerDay(string model, long limit) => new(Requests, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", model, limit);

    /// <summary>Free prompt tokens a minute.</summary>
    /// <param name="model">The quota's model.</param>
    /// <param name="limit">The limit.</param>
    public static QuotaViolation TokensPerMinute(string model, long limit) => new(Tokens, "GenerateContentInputTokensPerModelPerMinute-FreeTier", model, limit);

    /// <summary>Free embedding requests a minute.</summary>
    /// <param name="model">The quota's model.</param>
    /// <param name="limit">The limit.</param>
    public static QuotaViolation EmbedsPerMinute(string model, long limit) => new(Embeds, "EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier", model, limit);

    /// <summary>Free embedding requests a day.</summary>
    /// <param name="model">The quota's model.</param>
    /// <param name="limit">The limit.</param>
    public static QuotaViolation EmbedsPerDay(string model, long limit) => new(Embeds, "EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier", model, limit);

    /// <summary>A model the project's tier does not offer: every quota is listed, and none has a value, because Google leaves a zero out.</summary>
    /// <param name="model">The quota's model.</param>
    public static GoogleError NotOffered(string model) => Exceeded(TimeSpan.FromSeconds(11.665902715),
        RequestsPerDay(model, 0),
        RequestsPerMinute(model, 0),
        TokensPerMinute(model, 0),
        new QuotaViolation(Tokens, "GenerateContentInputTokensPerModelPerDay-FreeTier", model, 0));

    /// <summary>A project that may not call from this region at all.</summary>
    /// <param name="project">The project.</param>
    public static GoogleError RegionBlocked(string project) => new(429, "RESOURCE_EXHAUSTED",
        $"Quota exceeded for quota metric 'Generate Content API requests per minute' and limit 'GenerateContent request limit per minute for a region' of service 'generativelanguage.googleapis.com' for consumer 'project_number:{GoogleError.ProjectNumber(project)}'.",
        GoogleError.ErrorInfo("RATE_LIMIT_EXCEEDED",
            ("consumer", "projects/" + GoogleError.ProjectNumber(project)),
            ("quota_limit_value", "0"),
            ("quota_limit", "GenerateContentRequestsPerMinutePerProjectPerRegion"),
            ("quota_location", "us-east2"),
            ("quota_metric", "generativelanguage.googleapis.com/generate_content_requests")),
        GoogleError.Help("Request a higher quota limit.", "https://cloud.google.com/docs/quota#requesting_higher_quota"));

    /// <summary>Used-up quotas, worded and detailed as Google does.</summary>
    /// <param name="retry">The wait it names.</param>
    /// <param name="violations">The quotas.</param>
    public static GoogleError Exceeded(TimeSpan retry, params ReadOnlySpan<QuotaViolation> violations)
    {
        var lines = "";
        var list = new JsonArray();
        foreach (var (metric, quotaId, model, limit) in violations)
        {
            lines += string.Create(CultureInfo.InvariantCulture, $"* Quota exceeded for metric: generativelanguage.googleapis.com/{metric}, limit: {limit}, model: {model}\n");
            var violation = new JsonObject
            {
                ["quotaMetric"] = "generativelanguage.googleapis.com/" + metric,
                ["quotaId"] = quotaId,
                ["quotaDimensions"] = new JsonObject { ["location"] = "global", ["model"] = model },
            };
            if (limit > 0)
            {
                violation["quotaValue"] = limit.ToString(CultureInfo.InvariantCulture);
            }

            list.Add(violation);
        }

        var seconds = retry.TotalSeconds;
        return new GoogleError(429, "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. \n"
                + string.Create(CultureInfo.InvariantCulture, $"{lines}Please retry in {seconds:0.#########}s."),
            GoogleError.Help("Learn more about Gemini API quotas", "https://ai.google.dev/gemini-api/docs/rate-limits"),
            new JsonObject { ["@type"] = GoogleError.TypePrefix + "QuotaFailure", ["violations"] = list },
            new JsonObject { ["@type"] = GoogleError.TypePrefix + "RetryInfo", ["retryDelay"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds):0}s") });
    }
}
