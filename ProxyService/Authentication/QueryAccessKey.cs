using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>An access key that came as <c>?key=</c>, taken out of the address before anything could write the address down. A feature of its request.</summary>
/// <param name="Key">The key; null when the address held several.</param>
internal sealed record QueryAccessKey(Secret? Key);
