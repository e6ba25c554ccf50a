namespace GeminiBalance.AppHost;

/// <summary>Names of resources: they are connection string names and host names in every service.</summary>
public static class ResourceNames
{
    /// <summary>The PostgreSQL server.</summary>
    public const string Postgres = "postgres";

    /// <summary>The database of all services; each has a schema of its own.</summary>
    public const string Database = "geminibalance";

    /// <summary>Snapshots, hints and limits.</summary>
    public const string Redis = "redis";

    /// <summary>The RabbitMQ broker.</summary>
    public const string Messaging = "messaging";

    /// <summary>The OpenAI-compatible gateway.</summary>
    public const string Proxy = "proxy";

    /// <summary>Keys, access keys, their health.</summary>
    public const string KeyHealth = "keyhealth";

    /// <summary>Request facts and what is told from them.</summary>
    public const string Stats = "stats";

    /// <summary>The operators' web application.</summary>
    public const string Admin = "admin";

    /// <summary>Stands in for Google in the demo.</summary>
    public const string Simulator = "gemini-simulator";

    /// <summary>Ends the name of the step that brings a service's schema up to date.</summary>
    public const string MigrateSuffix = "-migrate";
}
