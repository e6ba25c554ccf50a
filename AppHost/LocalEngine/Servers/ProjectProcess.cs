using System.Globalization;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs a built .NET project.</summary>
internal sealed class ProjectProcess(ProjectResource resource) : IServerProcess
{
    public TimeSpan Patience => TimeSpan.FromSeconds(7);

    public TimeSpan LeastPatience => TimeSpan.FromSeconds(1);

    public MissingProgram? FindMissing(RunContext context) => File.Exists(resource.Target!.AssemblyPath)
        ? null
        : throw new DistributedApplicationException($"{resource.Target.AssemblyPath} is missing: build the AppHost, which builds it too.");

    public async Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var target = resource.Target!;
        var environment = await context.ResolveEnvironmentAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (name, value) in target.Profile?.EnvironmentVariables ?? []) environment.TryAdd(name, value);
        if (target.ProfileName is { } profile) environment.TryAdd("DOTNET_LAUNCH_PROFILE", profile);
        // A port of its own: the public one belongs to the proxy when there are several instances.
        var urls = replica.Ports.Where(p => p.Key.IsHttp).Select(p => Url(p.Key, p.Value, IsPublic(context, p.Key))).ToArray();
        if (urls.Length > 0) environment["ASPNETCORE_URLS"] = string.Join(';', urls);
        foreach (var variable in resource.Annotations.OfType<EndpointPortVariableAnnotation>())
            environment[variable.Name] = replica.Ports[variable.Endpoint].ToString(CultureInfo.InvariantCulture);
        environment.TryAdd("LOGGING__CONSOLE__FORMATTERNAME", "simple");
        environment.TryAdd("LOGGING__CONSOLE__FORMATTEROPTIONS__TIMESTAMPFORMAT", "yyyy-MM-ddTHH:mm:ss.fff ");
        AddTelemetry(context, replica, environment);
        return new Launch(Programs.DotNet(), [target.AssemblyPath, .. await context.ResolveArgsAsync(cancellationToken).ConfigureAwait(false)], Path.GetDirectoryName(target.ProjectPath)!)
        {
            Environment = environment,
            InheritEnvironment = true,
            // It might wait for servers that are gone as well; what must survive, survives this.
            OnOrphaned = Signal.Kill,
        };
    }

    public Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken) =>
        HttpProbe.RunAsync(resource, replica, cancellationToken);

    private bool IsPublic(RunContext context, EndpointAnnotation endpoint) =>
        context.Settings.PublicBind && endpoint.IsExternal && !ResourceRunner.IsBehindProxy(resource, endpoint);

    private static string Url(EndpointAnnotation endpoint, int port, bool everywhere) =>
        string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{(everywhere ? "0.0.0.0" : "localhost")}:{port}");

    private static void AddTelemetry(RunContext context, Replica replica, Dictionary<string, string> environment)
    {
        // Without a collector the exporter would only fill the log with its retries.
        if (context.Settings.Collector is not { } collector) return;
        environment.TryAdd("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url);
        environment.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", collector.Protocol);
        environment.TryAdd("OTEL_SERVICE_NAME", context.Resource.Name);
        environment.TryAdd("OTEL_RESOURCE_ATTRIBUTES", string.Create(CultureInfo.InvariantCulture, $"service.instance.id={context.Resource.Name}-{replica.Index}"));
        environment.TryAdd("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (context.Settings.CollectorKey is { Length: > 0 } key) environment.TryAdd("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=" + key);
    }
}

/// <summary>Runs a program as it is.</summary>
internal sealed class ExecutableProcess(ExecutableResource resource) : IServerProcess
{
    public bool MayFinish => true;

    public TimeSpan LeastPatience => TimeSpan.FromSeconds(1);

    public MissingProgram? FindMissing(RunContext context) => Directory.Exists(resource.WorkingDirectory)
        ? null
        : throw new DistributedApplicationException($"Resource '{resource.Name}' is to run in {resource.WorkingDirectory}, which does not exist.");

    public async Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var environment = await context.ResolveEnvironmentAsync(cancellationToken).ConfigureAwait(false);
        foreach (var variable in resource.Annotations.OfType<EndpointPortVariableAnnotation>())
            environment[variable.Name] = replica.Ports[variable.Endpoint].ToString(CultureInfo.InvariantCulture);
        return new Launch(resource.Command, await context.ResolveArgsAsync(cancellationToken).ConfigureAwait(false), resource.WorkingDirectory)
        {
            Environment = environment,
            InheritEnvironment = true,
            // It might wait for servers that are gone as well; what must survive, survives this.
            OnOrphaned = Signal.Kill,
        };
    }

    public Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken) =>
        HttpProbe.RunAsync(resource, replica, cancellationToken);
}

/// <summary>Asks every HTTP health check of a resource.</summary>
internal static class HttpProbe
{
    private static readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false });

    public static async Task RunAsync(IResource resource, Replica replica, CancellationToken cancellationToken)
    {
        foreach (var check in resource.Annotations.OfType<HttpHealthCheckAnnotation>())
        {
            var endpoint = resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => check.EndpointName is { } name ? e.Name == name : e.IsHttp)
                ?? throw new DistributedApplicationException($"Resource '{resource.Name}' has a health check on an endpoint it does not have.");
            UriBuilder uri = new(endpoint.UriScheme, "localhost", replica.Ports[endpoint], check.Path);
            using HttpRequestMessage request = new(HttpMethod.Get, uri.Uri);
            request.Headers.ConnectionClose = true;
            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode != check.StatusCode)
                throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"GET {check.Path} answers {(int)response.StatusCode}."));
        }
    }
}
