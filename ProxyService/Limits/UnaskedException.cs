namespace GeminiBalance.ProxyService.Limits;

/// <summary>Redis was never asked: nothing was reserved there, and nothing is to be given back.</summary>
internal sealed class UnaskedException() : TimeoutException("Redis is away.");
