using Microsoft.Extensions.Hosting;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Storage;

/// <summary>Reads the connection string of a PostgreSQL database.</summary>
internal static class PostgresAddress
{
    /// <summary>The text, with the service's name as the connection's name.</summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="connectionName">Name of the connection string.</param>
    /// <param name="text">What is configured; null when nothing is.</param>
    /// <exception cref="StartupException">The text is missing or cannot be read.</exception>
    internal static string Read(IHostApplicationBuilder builder, string connectionName, string? text)
    {
        const string form = "it must name the PostgreSQL database, as in Host=…;Database=….";
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new StartupException($"ConnectionStrings:{connectionName} is not set: {form}");
        }

        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text);
            settings.ApplicationName ??= builder.Environment.ApplicationName;
            return settings.ConnectionString;
        }
        catch (ArgumentException)
        {
            // The parser's message may repeat a part of the text, and with it a password.
            throw new StartupException($"ConnectionStrings:{connectionName} cannot be read: {form}");
        }
    }
}
