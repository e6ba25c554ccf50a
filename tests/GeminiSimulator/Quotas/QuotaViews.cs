namespace GeminiBalance.GeminiSimulator.Quotas;

/// <summary>Limits of one project for one model. Null means no limit, 0 means the model is not offered.</summary>
/// <param name="RequestsPerMinute">Requests in a calendar minute.</param>
/// <param name="TokensPerMinute">Prompt tokens in a calendar minute.</param>
/// <param name="RequestsPerDay">Requests in a Pacific day.</param>
public sealed record QuotaLimits(long? RequestsPerMinute, long? TokensPerMinute, long? RequestsPerDay);

/// <summary>Limits and use of a project for a model.</summary>
/// <param name="Project">The project; <c>*</c> for every project without limits of its own.</param>
/// <param name="Model">The quota's model; <c>*</c> for every model.</param>
/// <param name="Limits">The limits set for just this pair, if any.</param>
/// <param name="MinuteRequests">Requests in the minute of the last one.</param>
/// <param name="MinuteTokens">Prompt tokens in that minute.</param>
/// <param name="DayRequests">Requests in the Pacific day of the last one.</param>
public sealed record QuotaView(string Project, string Model, QuotaLimits? Limits, long MinuteRequests, long MinuteTokens, long DayRequests);
