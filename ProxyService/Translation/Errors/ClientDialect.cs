namespace GeminiBalance.ProxyService.Translation.Errors;

/// <summary>Whose API a client speaks, and in whose form it is therefore told of errors.</summary>
internal enum ClientDialect
{
    /// <summary>OpenAI's.</summary>
    OpenAi,

    /// <summary>Gemini's own.</summary>
    Gemini,
}
