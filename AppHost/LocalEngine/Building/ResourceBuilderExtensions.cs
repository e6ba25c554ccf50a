using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace GeminiBalance.LocalEngine;

/// <summary>What can be said about any resource.</summary>
public static partial class ResourceBuilderExtensions
{
    /// <summary>Sets an environment variable.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Name of the variable.</param>
    /// <param name="value">Its value.</param>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment => builder.SetVariable(name, value ?? "");

    /// <summary>Sets an environment variable to a parameter.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Name of the variable.</param>
    /// <param name="parameter">The parameter.</param>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment => builder.SetVariable(name, parameter.Resource);

    /// <summary>Sets an environment variable to the address of an endpoint.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Name of the variable.</param>
    /// <param name="endpointReference">The endpoint.</param>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, EndpointReference endpointReference)
        where T : IResourceWithEnvironment => builder.SetVariable(name, endpointReference);

    /// <summary>Sets an environment variable to a text that is known once the application starts.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Name of the variable.</param>
    /// <param name="value">The text.</param>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.SetVariable(name, value);

    /// <summary>Sets environment variables when the resource starts.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="callback">Called at each start.</param>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, Action<EnvironmentCallbackContext> callback)
        where T : IResourceWithEnvironment => builder.WithAnnotation(new EnvironmentCallbackAnnotation(callback));

    /// <summary>Adds command line arguments.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="args">The arguments.</param>
    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args)
        where T : IResourceWithArgs => builder.WithAnnotation(new CommandLineArgsAnnotation([.. args]));

    /// <summary>Gives a resource the connection string of another, and its parts.</summary>
    /// <typeparam name="TDestination">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="source">The other resource.</param>
    /// <param name="connectionName">Name of the connection string; the other resource's name when null.</param>
    /// <param name="optional">Whether it may be missing.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithAnnotation(new UsesAnnotation(resource)).WithEnvironment(context =>
        {
            context.EnvironmentVariables[resource.ConnectionStringEnvironmentVariable ?? "ConnectionStrings__" + name] =
                new ConnectionStringValue(resource, name, optional);
            foreach (var (property, value) in resource.GetConnectionProperties())
                context.EnvironmentVariables[$"{VariablePrefix(name)}_{property.ToUpperInvariant()}"] = value;
        });
    }

    /// <summary>Lets a resource find the endpoints of another by its name.</summary>
    /// <typeparam name="TDestination">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="source">The other resource.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        return builder.WithAnnotation(new UsesAnnotation(resource)).WithEnvironment(context =>
        {
            Dictionary<string, int> counts = [];
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                var index = counts.GetValueOrDefault(endpoint.UriScheme);
                counts[endpoint.UriScheme] = index + 1;
                EndpointReference reference = new(resource, endpoint.Name);
                context.EnvironmentVariables[string.Create(CultureInfo.InvariantCulture, $"services__{resource.Name}__{endpoint.UriScheme}__{index}")] = reference;
                context.EnvironmentVariables[$"{VariablePrefix(resource.Name)}_{VariablePrefix(endpoint.Name)}"] = reference;
            }
        });
    }

    /// <summary>Waits until another resource runs, is healthy and ready.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="dependency">The other resource.</param>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilHealthy));

    /// <summary>Waits until another resource runs, is healthy and ready.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="dependency">The other resource.</param>
    /// <param name="waitBehavior">What to do when it failed.</param>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport =>
        builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilHealthy) { WaitBehavior = waitBehavior });

    /// <summary>Waits until another resource runs.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="dependency">The other resource.</param>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilStarted));

    /// <summary>Waits until another resource ran to its end.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="dependency">The other resource.</param>
    /// <param name="exitCode">The exit code asked of it.</param>
    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport => builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitForCompletion, exitCode));

    /// <summary>Adds an HTTP endpoint.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="port">The preferred port for callers; any when null.</param>
    /// <param name="targetPort">The port the resource itself listens on; chosen when null.</param>
    /// <param name="name">The name; <c>http</c> when null.</param>
    /// <param name="env">Environment variable that tells the resource its port.</param>
    /// <param name="isProxied">Whether a proxy may stand in front of it.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null, string? env = null, bool isProxied = true)
        where T : IResourceWithEndpoints
    {
        EndpointAnnotation endpoint = new(ProtocolType.Tcp, "http", name: name, port: port, targetPort: targetPort, isProxied: isProxied);
        if (builder.Resource.Annotations.OfType<EndpointAnnotation>().Any(e => string.Equals(e.Name, endpoint.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' has an endpoint named '{endpoint.Name}' already.");
        if (env is not null) builder.WithAnnotation(new EndpointPortVariableAnnotation(endpoint, env));
        return builder.WithAnnotation(endpoint);
    }

    /// <summary>Means the HTTP endpoints for callers outside the machine.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsHttp)) endpoint.IsExternal = true;
        return builder;
    }

    /// <summary>Refers to an endpoint.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Name of the endpoint.</param>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
        where T : IResourceWithEndpoints => new(builder.Resource, name);

    /// <summary>Holds the resource healthy when a GET answers as it should.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="path">The path; <c>/</c> when null.</param>
    /// <param name="statusCode">The status asked of it; 200 when null.</param>
    /// <param name="endpointName">Name of the endpoint; the first HTTP endpoint when null.</param>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        var asked = statusCode ?? 200;
        var key = string.Create(CultureInfo.InvariantCulture, $"{builder.Resource.Name}_{endpointName ?? "http"}_{path ?? "/"}_{asked}_check");
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(c => c.Key == key))
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check '{key}'.");
        return builder.WithAnnotation<HealthCheckAnnotation>(new HttpHealthCheckAnnotation(key, endpointName, path ?? "/", asked));
    }

    private static IResourceBuilder<T> SetVariable<T>(this IResourceBuilder<T> builder, string name, object value)
        where T : IResourceWithEnvironment =>
        builder.WithAnnotation(new EnvironmentCallbackAnnotation(context => context.EnvironmentVariables[name] = value));

    private static string VariablePrefix(string name) => NoVariableCharacter().Replace(name, "_").ToUpperInvariant();

    [GeneratedRegex("[^A-Za-z0-9]")]
    private static partial Regex NoVariableCharacter();
}

/// <summary>The variable that tells a resource the port of one of its endpoints.</summary>
internal sealed class EndpointPortVariableAnnotation(EndpointAnnotation endpoint, string name) : IResourceAnnotation
{
    public EndpointAnnotation Endpoint { get; } = endpoint;

    public string Name { get; } = name;
}

/// <summary>A connection string that refuses to be missing.</summary>
internal sealed class ConnectionStringValue(IResourceWithConnectionString resource, string name, bool optional) : IValueProvider
{
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var value = await resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false);
        return !string.IsNullOrEmpty(value) || optional
            ? value
            : throw new DistributedApplicationException($"The connection string ConnectionStrings:{name} is missing.");
    }
}
