using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>Keeps what a service logs, so that a test can say why it failed, and look for what must not be there.</summary>
internal sealed class LogTrap : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> entries = new();

    public IEnumerable<string> Errors => entries.Where(entry => entry.Level >= LogLevel.Error).Select(entry => entry.Text);

    public string All => string.Join('\n', entries.Select(entry => entry.Text));

    public ILogger CreateLogger(string categoryName) => new Trap(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Trap(LogTrap trap, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            trap.entries.Enqueue((logLevel, $"{category}: {formatter(state, exception)} {exception}"));
    }
}
