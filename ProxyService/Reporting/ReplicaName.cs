namespace GeminiBalance.ProxyService.Reporting;

/// <summary>The name this replica gives itself in messages: the machine and the process.</summary>
/// <param name="Value">The name.</param>
internal sealed record ReplicaName(string Value)
{
    /// <summary>Of this process.</summary>
    public static ReplicaName Here { get; } = new($"{Environment.MachineName}-{Environment.ProcessId}");
}
