using GeminiBalance.AdminUi.Resources;
using Microsoft.Extensions.Localization;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>Says how long ago or how soon something is.</summary>
public static class RelativeTime
{
    /// <summary>Words such as <c>3 min ago</c> or <c>in 6 h</c>.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="now">The present.</param>
    /// <param name="text">The shell's texts.</param>
    public static string Words(DateTimeOffset at, DateTimeOffset now, IStringLocalizer<ShellTexts> text)
    {
        var distance = (at - now).Duration();
        var (unit, count) = distance switch
        {
            { TotalSeconds: < 5 } => ("Now", 0),
            { TotalMinutes: < 1 } => ("Seconds", (int)distance.TotalSeconds),
            { TotalHours: < 1 } => ("Minutes", (int)distance.TotalMinutes),
            { TotalDays: < 1 } => ("Hours", (int)distance.TotalHours),
            _ => ("Days", (int)distance.TotalDays),
        };
        return unit == "Now" ? text["Time.Now"] : text[$"Time.{(at > now ? "In" : "Ago")}.{unit}", count];
    }
}
