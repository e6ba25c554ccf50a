using System.Globalization;
using GeminiBalance.AdminUi.Resources;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Localization;

namespace GeminiBalance.AdminUi.Pages.Jobs;

/// <summary>How jobs look and are called.</summary>
internal static class JobWords
{
    /// <summary>The last part of the text that names a job's state.</summary>
    public static string State(JobStatus job) => job switch
    {
        { Running: true } => "Running",
        { Succeeded: true } => "Succeeded",
        { Succeeded: false } => "Failed",
        _ => "Never",
    };

    /// <summary>Family of colours and icon of a job's state.</summary>
    public static (string Tone, string Icon) Look(JobStatus job) => State(job) switch
    {
        "Running" => ("fresh", "sync"),
        "Succeeded" => ("good", "check_circle"),
        "Failed" => ("bad", "error"),
        _ => ("off", "schedule"),
    };

    /// <summary>What a job is called; one this page knows nothing of keeps its own name.</summary>
    public static string Name(JobStatus job, IStringLocalizer<JobsTexts> text) => text["Name." + job.Name] is { ResourceNotFound: false } known ? known.Value : job.Name;

    /// <summary>When it runs by itself.</summary>
    public static string Schedule(JobStatus job, IStringLocalizer<JobsTexts> text) => job switch
    {
        { DailyAt: { } daily } => text["Daily", daily],
        { EverySeconds: { } seconds } => TimeSpan.FromSeconds(seconds) switch
        {
            { TotalDays: >= 1 } every when every.Hours == 0 && every.Minutes == 0 => text["Every.Days", Number(every.TotalDays)],
            { TotalHours: >= 1 } every when every.Minutes == 0 => text["Every.Hours", Number(every.TotalHours)],
            var every => text["Every.Minutes", Number(every.TotalMinutes)],
        },
        _ => text["OnlyIfAsked"],
    };

    /// <summary>Who asked for the last run; null when there was none.</summary>
    public static string? By(JobStatus job, IStringLocalizer<JobsTexts> text) => job.By switch
    {
        null => null,
        "schedule" => text["BySchedule"].Value,
        var name => text["By", name].Value,
    };

    private static string Number(double number) => number.ToString("0.##", CultureInfo.CurrentCulture);
}
