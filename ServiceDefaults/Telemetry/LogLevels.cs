using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.ServiceDefaults.Telemetry;

/// <summary>What the frameworks may log unless somebody asks for more.</summary>
internal static class LogLevels
{
    // Request logs hold paths with their queries and cost more than the request; they are there when asked for.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Warning",
        // What is unhealthy is told by /health/dependencies; a log line per question would fill the disk.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
    };

    /// <summary>Puts the levels below every other source of configuration, so that any of them may say otherwise.</summary>
    internal static void AddLogLevels(this IHostApplicationBuilder builder) =>
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
}
