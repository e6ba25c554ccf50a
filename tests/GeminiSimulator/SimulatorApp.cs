using System.Text.Json.Serialization;
using GeminiBalance.GeminiSimulator.Endpoints;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Quotas;
using GeminiBalance.GeminiSimulator.Scripts;

namespace GeminiBalance.GeminiSimulator;

/// <summary>A stand-in for Google's Gemini API on a real Kestrel.</summary>
public static class SimulatorApp
{
    /// <summary>Builds the application; section <c>Simulator</c> of the environment and the command line configures it, and no file does, because a test's folder holds the settings of what it tests.</summary>
    /// <param name="args">Command line, as <c>--Simulator:Seed=7</c>.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be used; the message names it.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().AddCommandLine(args);
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        var options = SimulatorOptions.From(builder.Configuration);
        if (options.Recordings is { } folder)
        {
            Recordings.Use(folder);
        }

        // A write that is awaited has then left through the socket, so that what the ledger calls sent was sent, also when the connection is cut next.
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.MaxWriteBufferSize = 1).ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = options.BodyLimit;
            kestrel.AddServerHeader = false;
        });
        var clock = new ShiftedClock();
        builder.Services.AddRouting();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(new KeyRing(options.Seed, options.Keys));
        builder.Services.AddSingleton(new ScriptBook(options.Seed));
        builder.Services.AddSingleton(new CallLedger(options.LedgerCapacity));
        builder.Services.AddSingleton<QuotaBook>();
        builder.Services.AddSingleton<CallDesk>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));

        var app = builder.Build();
        app.MapGet("/alive", () => "ok");
        app.MapGet("/health", () => "ok");
        app.MapControl();
        app.MapModels();
        app.MapMethods();
        return app;
    }
}
