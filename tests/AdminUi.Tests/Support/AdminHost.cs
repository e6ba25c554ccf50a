using GeminiBalance.AdminUi.Identity;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>AdminUi itself, over a database and the fake services.</summary>
public sealed class AdminHost(string database, FakeServices services) : WebApplicationFactory<Program>
{
    public const string Password = "first-password-of-tests";
    public const string ServiceToken = "service-token-of-tests-0123456789abcdef";

    /// <summary>Settings beside the usual ones.</summary>
    public Dictionary<string, string?> Settings { get; init; } = new() { ["Demo"] = "true" };

    /// <summary>Everything that was logged.</summary>
    public LogBook Log { get; } = new();

    /// <summary>Brings the schema up to date, as the argument <c>migrate</c> does.</summary>
    public static async Task MigrateAsync(string database)
    {
        await using var store = new IdentityStore(new DbContextOptionsBuilder<IdentityStore>()
            .UseNpgsql(database, npgsql => npgsql.MigrationsHistoryTable("__EFMigrationsHistory", IdentityStore.Schema)).Options);
        await store.Database.MigrateAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:geminibalance"] = database,
            ["ServiceAuth:Token"] = ServiceToken,
            ["Identity:FirstPassword"] = Password,
            ["services:keyhealth:http:0"] = services.Address,
            ["services:stats:http:0"] = services.StatsAddress,
            ["services:proxy:http:0"] = services.Address,
            ["Gateway:PublicAddress"] = "https://gateway.example.org",
        };
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        foreach (var (name, value) in settings.Where(setting => setting.Value is not null))
        {
            builder.UseSetting(name, value);
        }

        builder.UseEnvironment(Environments.Production);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Log));
    }
}

/// <summary>Keeps log lines.</summary>
public sealed class LogBook : ILoggerProvider, ILogger
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines)
        {
            lines.Add($"{logLevel} {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
