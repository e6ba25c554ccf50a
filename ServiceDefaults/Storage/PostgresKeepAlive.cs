namespace GeminiBalance.ServiceDefaults.Storage;

/// <summary>Bounds how long PostgreSQL keeps what a session holds once its machine has vanished without closing the connection: by itself two hours, with this nine seconds.</summary>
public static class PostgresKeepAlive
{
    /// <summary>Columns for a <c>select</c> that takes a lock: they set it for the session.</summary>
    public const string Columns =
        "set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)";
}
