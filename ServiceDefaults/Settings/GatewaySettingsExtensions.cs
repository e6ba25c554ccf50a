using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Registers the settings made for all replicas.</summary>
public static class GatewaySettingsExtensions
{
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(2);

    /// <summary>Adds them on top of all configuration there is; the caller registers the <see cref="ISettingsAuthority"/> and the checks.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="service">One of <see cref="SettingServices"/>.</param>
    public static IHostApplicationBuilder AddGatewaySettings(this IHostApplicationBuilder builder, string service)
    {
        var source = new GatewaySettingsSource();
        builder.Configuration.Add(source);
        builder.Services.AddSingleton(source);
        builder.Services.AddSingleton(new SettingsIdentity(service, $"{Environment.MachineName}-{Environment.ProcessId}"));
        builder.Services.AddSingleton<GatewaySettingsTaker>();
        builder.Services.AddSingleton<SettingsReporter>();
        builder.Services.AddHostedService<GatewaySettingsKeeper>();
        return builder;
    }

    /// <summary>Keeps up with the settings over KeyHealthService's internal API.</summary>
    /// <param name="builder">The host.</param>
    public static IHostApplicationBuilder AddSettingsClient(this IHostApplicationBuilder builder)
    {
        var client = builder.Services.AddServiceClient<SettingsClient>("keyhealth");
        builder.Services.AddTransient<ISettingsAuthority>(services => services.GetRequiredService<SettingsClient>());

        // The next round is the next try: waiting between tries would make a change late after the control plane was away.
        builder.Services.Configure<HttpStandardResilienceOptions>($"{client.Name}-standard", options =>
        {
            options.Retry.ShouldHandle = static _ => PredicateResult.False();
            options.AttemptTimeout.Timeout = LongestQuestion;
        });
        return builder;
    }

    /// <summary>Keeps the settings last seen on disk, for a start while the control plane is away.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="path">Where; null for nowhere.</param>
    public static IHostApplicationBuilder AddSettingsDiskCopy(this IHostApplicationBuilder builder, Func<IServiceProvider, string?> path)
    {
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<SettingsDiskCopy>(services, new SettingsDiskPath(path(services))));
        return builder;
    }

    /// <summary>Lets settings be taken over only when a section of them passes all that it is held against at start.</summary>
    /// <typeparam name="TOptions">The options the section is bound to.</typeparam>
    /// <param name="builder">The host.</param>
    /// <param name="section">Name of the section.</param>
    public static IHostApplicationBuilder AddSettingsCheck<TOptions>(this IHostApplicationBuilder builder, string section)
        where TOptions : class, new()
    {
        builder.Services.AddSingleton<IGatewaySettingsCheck>(services => new GatewaySettingsCheck<TOptions>(section, services.GetServices<IValidateOptions<TOptions>>()));
        return builder;
    }
}
