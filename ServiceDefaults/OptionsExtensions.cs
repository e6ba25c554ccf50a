using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults;

/// <summary>Settings that are checked before anything is served.</summary>
public static class OptionsExtensions
{
    /// <summary>
    /// Binds a section, checks its data annotations and every <see cref="IValidateOptions{TOptions}"/> at start. Several capabilities
    /// may ask for the same options: they are bound once, since binding a list twice doubles it. A configuration that becomes bad later changes nothing.
    /// </summary>
    /// <typeparam name="TOptions">The options type. Its messages name the setting by its configuration key.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="section">Name of the configuration section.</param>
    /// <exception cref="InvalidOperationException">The options are bound to another section already.</exception>
    public static OptionsBuilder<TOptions> AddValidatedOptions<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        var bound = services.Select(service => service.IsKeyedService ? null : service.ImplementationInstance).OfType<BoundSection<TOptions>>().FirstOrDefault();
        if (bound is null)
        {
            services.AddSingleton(new BoundSection<TOptions>(section));
            services.AddLogging();
            services.AddSingleton<IOptionsFactory<TOptions>, LastGoodOptions<TOptions>>();
            return services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        }

        return bound.Section == section
            ? services.AddOptions<TOptions>()
            : throw new InvalidOperationException($"{typeof(TOptions).Name} is bound to section {bound.Section} already, so it cannot be bound to {section} too.");
    }

    private sealed record BoundSection<TOptions>(string Section);
}
