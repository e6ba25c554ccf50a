using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults;

/// <summary>A service cannot start, for a reason an operator can mend. Its message is one sentence that says what to do.</summary>
/// <param name="message">The sentence; holds no secret.</param>
public sealed class StartupException(string message) : Exception(message);

/// <summary>How a service starts, or says in one sentence why it does not.</summary>
public static class Startup
{
    private static int listening;

    /// <summary>Runs the service. A setting that is refused becomes one line on standard error, and exit code 1.</summary>
    /// <param name="app">The application.</param>
    /// <param name="error">Where a refusal is written; standard error when null.</param>
    public static async Task<int> RunServiceAsync(this WebApplication app, TextWriter? error = null)
    {
        // A host that fails to start is disposed, and its environment with it.
        var name = app.Environment.ApplicationName;
        try
        {
            // Before the host does it: the host would log the refusal too, with a stack trace nobody needs.
            app.Services.GetService<IStartupValidator>()?.Validate();
            await app.RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (Refusals(e) is { } refusals)
        {
            Say(error ?? Console.Error, name, refusals);
            return 1;
        }
    }

    /// <summary>Turns a refusal that nobody catches, such as a missing connection string found while the host is built, into one line and exit code 1.</summary>
    /// <param name="name">Name of the service.</param>
    internal static void ReportUncaughtRefusals(string name)
    {
        if (Interlocked.Exchange(ref listening, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
            {
                if (unhandled.ExceptionObject is Exception e && Refusals(e) is { } refusals && !Debugger.IsAttached)
                {
                    Say(Console.Error, name, refusals);
                    Environment.Exit(1);
                }
            };
        }
    }

    private static void Say(TextWriter error, string name, IEnumerable<string> refusals)
    {
        foreach (var refusal in refusals)
        {
            error.WriteLine($"{name} cannot start: {refusal}");
        }

        error.Flush();
    }

    private static IEnumerable<string>? Refusals(Exception e) => e switch
    {
        OptionsValidationException invalid => invalid.Failures.Select(WithoutPreamble).Distinct(),
        StartupException startup => [startup.Message],
        IOException { InnerException: AddressInUseException } taken => [$"{taken.Message.TrimEnd('.')}. Set URLS to an address that is free."],
        AggregateException many when many.InnerExceptions.All(inner => Refusals(inner) is not null) => many.InnerExceptions.SelectMany(inner => Refusals(inner)!),
        _ => null,
    };

    /// <summary>Data annotations wrap a message in <c>… failed for … with the error: '…'.</c>; an operator needs only the message.</summary>
    private static string WithoutPreamble(string failure)
    {
        const string mark = "with the error: '";
        var start = failure.IndexOf(mark, StringComparison.Ordinal);
        return start < 0 ? failure : failure[(start + mark.Length)..].TrimEnd('.', '\'') + ".";
    }
}
