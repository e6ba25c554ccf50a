namespace GeminiBalance.LocalEngine;

/// <summary>How a process is started and ended.</summary>
internal sealed record Launch(string File, IReadOnlyList<string> Args, string WorkingDirectory)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the AppHost's own environment is passed on.</summary>
    public bool InheritEnvironment { get; init; }

    /// <summary>The user it runs as, when that is not the AppHost's own.</summary>
    public string? RunAs { get; init; }

    /// <summary>Asks it to end.</summary>
    public Signal Stop { get; init; } = Signal.Terminate;

    /// <summary>Ends it without delay when asking was in vain.</summary>
    public Signal Abort { get; init; } = Signal.Kill;

    /// <summary>Sent by the system when the AppHost is gone.</summary>
    public Signal OnOrphaned { get; init; } = Signal.Terminate;

    /// <summary>Written to its standard input, which is then closed.</summary>
    public string? Input { get; init; }
}

internal enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
