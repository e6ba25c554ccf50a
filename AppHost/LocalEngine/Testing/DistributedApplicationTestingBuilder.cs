using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>Runs an AppHost inside a test: random ports, a data folder that is deleted at the end.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Begins an application that the test itself describes.</summary>
    /// <param name="args">Command line arguments: settings as <c>--Name=value</c>.</param>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) =>
        new TestingBuilder(new EntryPointHook(Assembly.GetExecutingAssembly(), null).CreateBuilder(new DistributedApplicationOptions { Args = args }));

    /// <summary>Runs the AppHost's entry point up to the moment it builds the application.</summary>
    /// <typeparam name="TEntryPoint">Any type of the AppHost's assembly, for example <c>Projects.AppHost</c>.</typeparam>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>Runs the AppHost's entry point up to the moment it builds the application.</summary>
    /// <typeparam name="TEntryPoint">Any type of the AppHost's assembly, for example <c>Projects.AppHost</c>.</typeparam>
    /// <param name="args">Command line arguments: settings as <c>--Name=value</c>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>(args, (_, _) => { }, cancellationToken);

    /// <summary>Runs the AppHost's entry point up to the moment it builds the application.</summary>
    /// <typeparam name="TEntryPoint">Any type of the AppHost's assembly, for example <c>Projects.AppHost</c>.</typeparam>
    /// <param name="args">Command line arguments: settings as <c>--Name=value</c>.</param>
    /// <param name="configureBuilder">Changes how the application is made.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        EntryPointHook hook = new(typeof(TEntryPoint).Assembly, options => configureBuilder(options, new HostApplicationBuilderSettings()));
        return new TestingBuilder(await hook.RunAsync(args, cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>The application an AppHost described, before it is built.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Makes the application.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>What a test asks of a running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client for a resource's HTTP endpoint.</summary>
    /// <param name="app">The application.</param>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="endpointName">Name of the endpoint; <c>http</c>, else <c>https</c>, when null.</param>
    /// <exception cref="ArgumentException">There is no such resource or endpoint.</exception>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new() { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    /// <summary>The connection string of a resource.</summary>
    /// <param name="app">The application.</param>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="cancellationToken">Cancels the wait for its parts.</param>
    /// <exception cref="ArgumentException">There is no such resource, or it has no connection string.</exception>
    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Find(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' has no connection string.", nameof(resourceName));

    /// <summary>The address of an endpoint.</summary>
    /// <param name="app">The application.</param>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="endpointName">Name of the endpoint; <c>http</c>, else <c>https</c>, when null.</param>
    /// <exception cref="ArgumentException">There is no such resource or endpoint.</exception>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        if (Find(app, resourceName) is not IResourceWithEndpoints resource)
            throw new ArgumentException($"Resource '{resourceName}' has no endpoints.", nameof(resourceName));
        string[] names = endpointName is null ? ["http", "https"] : [endpointName];
        var found = names.Select(name => new EndpointReference(resource, name)).FirstOrDefault(e => e.Exists)
            ?? throw new ArgumentException($"Resource '{resourceName}' has no endpoint {string.Join(" or ", names)}.", nameof(endpointName));
        return new Uri(found.Url);
    }

    private static IResource Find(DistributedApplication app, string name)
    {
        if (!app.IsStarted) throw new InvalidOperationException("The application must be started first.");
        return app.Services.GetRequiredService<IResourceCollection>().FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no resource '{name}'.", nameof(name));
    }
}

internal sealed class TestingBuilder(LocalApplicationBuilder inner) : IDistributedApplicationTestingBuilder, ILocalBuilder
{
    private DistributedApplication? _application;

    public ConfigurationManager Configuration => inner.Configuration;

    public string AppHostDirectory => inner.AppHostDirectory;

    public Assembly? AppHostAssembly => inner.AppHostAssembly;

    public IHostEnvironment Environment => inner.Environment;

    public IServiceCollection Services => inner.Services;

    public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

    public IResourceCollection Resources => inner.Resources;

    public ParameterStore Parameters => inner.Parameters;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource => inner.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => inner.CreateResourceBuilder(resource);

    public DistributedApplication Build() => _application = inner.BuildApplication();

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Task.FromResult(Build());

    public void Dispose() => _application?.Dispose();

    public async ValueTask DisposeAsync()
    {
        if (_application is { } application) await application.DisposeAsync().ConfigureAwait(false);
    }
}
