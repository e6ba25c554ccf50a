using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Imports;

/// <summary>How the states of imports, and what became of their lines, look.</summary>
internal static class ImportStates
{
    /// <summary>Family of colours and icon of a job's state.</summary>
    public static (string Tone, string Icon) Look(ImportState state) => state switch
    {
        ImportState.Waiting => ("wait", "schedule"),
        ImportState.Running => ("fresh", "sync"),
        ImportState.Done => ("good", "check_circle"),
        ImportState.Cancelled => ("off", "cancel"),
        ImportState.Failed => ("bad", "error"),
        _ => ("off", "undo"),
    };

    /// <summary>Family of colours and icon of a line's outcome.</summary>
    public static (string Tone, string Icon) Look(ImportOutcome outcome) => outcome switch
    {
        ImportOutcome.Added => ("good", "check_circle"),
        ImportOutcome.NotAKey => ("bad", "cancel"),
        _ => ("off", "content_copy"),
    };

    /// <summary>Whether the job still moves by itself.</summary>
    public static bool Moves(ImportState state) => state is ImportState.Waiting or ImportState.Running;
}
