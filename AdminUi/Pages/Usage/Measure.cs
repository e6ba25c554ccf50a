using System.Globalization;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary>What the usage page can plot.</summary>
/// <param name="Name">Its name in addresses and texts.</param>
/// <param name="Of">Takes it out of the counts; null when it is not known.</param>
public sealed record Measure(string Name, Func<UsageCounts, double?> Of)
{
    /// <summary>The measures on offer.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("requests", counts => counts.Requests),
        new("total", counts => counts.TotalTokens),
        new("input", counts => counts.PromptTokens),
        new("output", counts => counts.CompletionTokens + counts.ThoughtTokens),
        new("cost", counts => counts.CostUsd),
    ];

    /// <summary>The measure of that name; all tokens for any other.</summary>
    public static Measure Named(string? name) => All.FirstOrDefault(measure => measure.Name == name) ?? All[1];

    /// <summary>A value as people read it; a dash when it is not known.</summary>
    public string Words(double? value) => value is not { } known ? "—" : Name == "cost" ? Money(known) : Figures.Compact((long)known);

    /// <summary>US dollars: to the cent, and small sums to what can be seen.</summary>
    public static string Money(double? dollars) => dollars switch
    {
        null => "—",
        0 => "$0",
        < 0.01 and var small => "$" + small.ToString("0.0000", CultureInfo.CurrentCulture),
        var sum => "$" + sum.Value.ToString("N2", CultureInfo.CurrentCulture),
    };
}
