using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs Redis. Its configuration, with the password, goes in by standard input and never touches the disk or the process list.</summary>
internal sealed class RedisProcess(RedisResource resource) : IServerProcess
{
    public MissingProgram? FindMissing(RunContext context) =>
        Programs.Find("redis-server") is null ? new("Redis (redis-server)", "redis-server") : null;

    public async Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var data = Path.Combine(context.Folder, "data");
        PrivateFiles.CreateFolder(data);
        var password = await resource.PasswordParameter!.GetValueAsync(cancellationToken).ConfigureAwait(false);
        var persistence = resource.Annotations.OfType<PersistenceAnnotation>().LastOrDefault();
        var save = persistence is null || context.Settings.Ephemeral
            ? "\"\""
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)persistence.Interval.TotalSeconds)} {persistence.KeysChangedThreshold}");
        var port = replica.Ports[resource.PrimaryEndpoint.EndpointAnnotation];
        var configuration = string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1
            port {port}
            protected-mode yes
            requirepass {Quote(password!)}
            dir {Quote(data)}
            save {save}
            daemonize no
            logfile ""
            loglevel notice

            """);
        return new Launch(Programs.Find("redis-server")!, ["-"], data) { Input = configuration };
    }

    public async Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var password = await resource.PasswordParameter!.GetValueAsync(cancellationToken).ConfigureAwait(false);
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", replica.Ports[resource.PrimaryEndpoint.EndpointAnnotation], cancellationToken).ConfigureAwait(false);
        var stream = client.GetStream();
        var secret = Encoding.UTF8.GetBytes(password!);
        byte[] request =
        [
            .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*2\r\n$4\r\nAUTH\r\n${secret.Length}\r\n")),
            .. secret,
            .. "\r\n*1\r\n$4\r\nPING\r\n"u8,
        ];
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        using StreamReader reader = new(stream, Encoding.ASCII);
        var auth = await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        if (auth != "+OK") throw new DistributedApplicationException("Redis refuses the password.");
        var pong = await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        if (pong != "+PONG") throw new DistributedApplicationException($"Redis answers PING with '{pong}'.");
    }

    private static string Quote(string value)
    {
        StringBuilder quoted = new("\"");
        foreach (var b in Encoding.UTF8.GetBytes(value))
            quoted.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        return quoted.Append('"').ToString();
    }
}
