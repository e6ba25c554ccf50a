using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace GeminiBalance.LocalEngine;

/// <summary>The engine's own settings.</summary>
internal sealed class EngineSettings(IConfiguration configuration, string appHostDirectory)
{
    /// <summary>Everything that outlives the run: ports, passwords, data, logs.</summary>
    public string DataFolder => configuration["DataFolder"] is { Length: > 0 } folder
        ? Path.GetFullPath(folder)
        : Path.GetFullPath(Path.Combine(appHostDirectory, "..", ".local"));

    /// <summary>Whether external endpoints listen on all addresses of the machine.</summary>
    public bool PublicBind => Flag("PublicBind");

    /// <summary>Whether the data is thrown away at the end, so that writing it safely would be wasted time.</summary>
    public bool Ephemeral => Flag("LocalEngine:Ephemeral");

    /// <summary>Whether ports differ in every run; Aspire's testing package sets the same key.</summary>
    public bool RandomizePorts => Flag("DcpPublisher:RandomizePorts");

    public bool Demo => Flag("Demo");

    /// <summary>Looks at every setting that can be wrong by itself.</summary>
    /// <exception cref="DistributedApplicationException">One is wrong.</exception>
    public void Check()
    {
        foreach (var key in (string[])["PublicBind", "LocalEngine:Ephemeral", "DcpPublisher:RandomizePorts", "Demo"]) _ = Flag(key);
    }

    /// <summary>The port an operator chose for an endpoint.</summary>
    /// <param name="resource">Name of the resource.</param>
    /// <param name="endpoint">Name of the endpoint.</param>
    /// <param name="isMain">Whether it is the one meant when only the resource is named.</param>
    public int? ChosenPort(string resource, string endpoint, bool isMain)
    {
        var key = $"Ports:{resource}:{endpoint}";
        if (isMain && configuration[key] is null) key = $"Ports:{resource}";
        if (configuration[key] is not { Length: > 0 } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new DistributedApplicationException($"{key} is '{text}', but a port is a number from 1 to 65535.");
    }

    /// <summary>Where telemetry goes, and whether over gRPC; null when no collector is configured.</summary>
    public (string Url, string Protocol)? Collector =>
        configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] is { Length: > 0 } grpc ? (grpc, "grpc")
        : configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] is { Length: > 0 } http ? (http, "http/protobuf")
        : configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } plain ? (plain, configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc")
        : null;

    public string? CollectorKey => configuration["AppHost:OtlpApiKey"];

    private bool Flag(string key) => configuration[key] switch
    {
        null or "" => false,
        var text when bool.TryParse(text, out var value) => value,
        var text => throw new DistributedApplicationException($"{key} is '{text}', but it must be true or false."),
    };
}
