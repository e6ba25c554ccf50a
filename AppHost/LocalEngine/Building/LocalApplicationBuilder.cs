using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>What the extensions need beyond the public interface.</summary>
internal interface ILocalBuilder
{
    ParameterStore Parameters { get; }
}

internal sealed class LocalApplicationBuilder : IDistributedApplicationBuilder, ILocalBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly DistributedApplicationOptions _options;

    public LocalApplicationBuilder(DistributedApplicationOptions options)
    {
        _options = options;
        var assembly = options.AssemblyName is { } name ? Assembly.Load(new AssemblyName(name)) : Assembly.GetEntryAssembly();
        AppHostAssembly = assembly;
        AppHostDirectory = assembly is null ? Directory.GetCurrentDirectory() : AssemblyFacts.AppHostDirectory(assembly) ?? Directory.GetCurrentDirectory();
        _host = new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            DisableDefaults = true,
            ApplicationName = assembly?.GetName().Name,
            ContentRootPath = Directory.Exists(AppHostDirectory) ? AppHostDirectory : AppContext.BaseDirectory,
            EnvironmentName = System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environments.Production,
        });
        _host.Configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false).AddEnvironmentVariables();
        if (options.Args is { } args) _host.Configuration.AddCommandLine(args);
        Settings = new EngineSettings(_host.Configuration, AppHostDirectory);
        Parameters = new ParameterStore(Settings);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(DistributedApplicationOperation.Run);

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public EngineSettings Settings { get; }

    public ParameterStore Parameters { get; }

    /// <summary>Set when the application belongs to a test.</summary>
    public EntryPointHook? Hook { get; init; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build() => Hook is { } hook ? hook.OnBuild(this) : BuildApplication();

    public DistributedApplication BuildApplication()
    {
        var behavior = _options.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable;
        Services.AddSingleton(Settings);
        Services.AddSingleton(Parameters);
        Services.AddSingleton(Resources);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(new ResourceNotificationService(behavior));
        Services.AddSingleton(new Display(quiet: Hook is not null));
        Services.AddSingleton<Runner>();
        Services.AddHostedService(services => services.GetRequiredService<Runner>());
        if (Hook is null) Services.AddSingleton<IHostLifetime, SignalLifetime>();
        else Services.AddSingleton<IHostLifetime, NoSignalLifetime>();
        Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        return new DistributedApplication(_host.Build());
    }
}

/// <summary>What the build wrote into the AppHost's assembly.</summary>
internal static class AssemblyFacts
{
    public static string? AppHostDirectory(Assembly assembly) => Find(assembly, "apphostprojectpath");

    public static string? TargetOf(Assembly assembly, string projectPath) => Find(assembly, "localtarget:" + projectPath);

    private static string? Find(Assembly assembly, string key) =>
        assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value;
}
