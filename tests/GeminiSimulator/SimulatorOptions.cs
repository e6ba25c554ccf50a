namespace GeminiBalance.GeminiSimulator;

/// <summary>Settings of section <c>Simulator</c>.</summary>
public sealed class SimulatorOptions
{
    /// <summary>Makes keys and draws; equal seeds make equal simulators.</summary>
    public int Seed { get; set; } = 42;

    /// <summary>How many keys are known at start.</summary>
    public int Keys { get; set; } = 24;

    /// <summary>Milliseconds before the first byte of an answer.</summary>
    public int LatencyMs { get; set; } = 20;

    /// <summary>Milliseconds between the events of a stream.</summary>
    public int EventGapMs { get; set; } = 15;

    /// <summary>How many calls the ledger holds one by one.</summary>
    public int LedgerCapacity { get; set; } = 200_000;

    /// <summary>Whether a <c>[sim:BEHAVIOUR]</c> in the request's text scripts that one call; the control interface can switch it.</summary>
    public bool Markers { get; set; }

    /// <summary>Largest request body in bytes.</summary>
    public long BodyLimit { get; set; } = 100 << 20;

    /// <summary>A folder of recorded bodies to replay besides those that come with the simulator; null for none.</summary>
    public string? Recordings { get; set; }

    /// <summary>The settings of a configuration.</summary>
    /// <param name="configuration">Where section <c>Simulator</c> is looked for.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be used; the message names it.</exception>
    public static SimulatorOptions From(IConfiguration configuration)
    {
        var options = configuration.GetSection("Simulator").Get<SimulatorOptions>() ?? new SimulatorOptions();
        var wrong = options.Keys is < 0 or > 100_000 ? "Simulator:Keys must be from 0 to 100000."
            : options.LatencyMs < 0 ? "Simulator:LatencyMs must not be negative."
            : options.EventGapMs < 0 ? "Simulator:EventGapMs must not be negative."
            : options.LedgerCapacity < 1 ? "Simulator:LedgerCapacity must be at least 1."
            : options.BodyLimit < 1 ? "Simulator:BodyLimit must be at least 1."
            : options.Recordings is { } folder && !Directory.Exists(folder) ? "Simulator:Recordings must be a folder that exists."
            : null;
        return wrong is null ? options : throw new InvalidOperationException(wrong);
    }
}
