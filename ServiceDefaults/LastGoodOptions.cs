using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults;

/// <summary>
/// Makes options as the framework does. Once they were good, a configuration that is not keeps them as they were: it may be edited while the process runs,
/// and whoever reads a setting then must not fail, least of all where nobody catches it. At start nothing was good yet, so the process does not begin to serve.
/// </summary>
/// <typeparam name="TOptions">The options type.</typeparam>
internal sealed partial class LastGoodOptions<TOptions> : IOptionsFactory<TOptions>
    where TOptions : class
{
    private readonly OptionsFactory<TOptions> factory;
    private readonly ILogger<LastGoodOptions<TOptions>> logger;
    private volatile TOptions? last;

    /// <summary>Has made none yet.</summary>
    /// <param name="setups">What binds them.</param>
    /// <param name="postConfigures">What completes them.</param>
    /// <param name="validations">What they must pass.</param>
    /// <param name="logger">The log.</param>
    public LastGoodOptions(IEnumerable<IConfigureOptions<TOptions>> setups, IEnumerable<IPostConfigureOptions<TOptions>> postConfigures, IEnumerable<IValidateOptions<TOptions>> validations, ILogger<LastGoodOptions<TOptions>> logger)
    {
        factory = new OptionsFactory<TOptions>(setups, postConfigures, validations);
        this.logger = logger;
    }

    /// <inheritdoc />
    public TOptions Create(string name)
    {
        if (name != Options.DefaultName)
        {
            return factory.Create(name);
        }

        try
        {
            return last = factory.Create(name);
        }
        catch (OptionsValidationException e) when (last is { } good)
        {
            LogRefused(typeof(TOptions).Name, e.Message);
            return good;
        }
        catch (InvalidOperationException) when (last is { } good)
        {
            // The message would repeat the value, which may be a secret one.
            LogUnreadable(typeof(TOptions).Name);
            return good;
        }
    }

    [LoggerMessage(LogLevel.Error, "The configuration of {Options} is refused, and the last good one stays: {Faults}")]
    private partial void LogRefused(string options, string faults);

    [LoggerMessage(LogLevel.Error, "The configuration of {Options} holds a value of the wrong form, and the last good one stays.")]
    private partial void LogUnreadable(string options);
}
