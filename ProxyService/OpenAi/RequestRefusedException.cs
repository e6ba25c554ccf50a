namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>A request is refused. Stays inside the reading of a request: callers get the error as a value.</summary>
/// <param name="error">What the client is told.</param>
internal sealed class RequestRefusedException(OpenAiError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public OpenAiError Error { get; } = error;
}
