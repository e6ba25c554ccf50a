using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Tests;

/// <summary>Settings that stay as they are until a test changes them.</summary>
internal sealed class FixedOptions<T>(T value) : IOptionsMonitor<T>
{
    public T CurrentValue { get; set; } = value;

    public T Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<T, string?> listener) => null;
}
