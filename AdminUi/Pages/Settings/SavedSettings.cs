using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Settings;

/// <summary>What came of saving.</summary>
/// <param name="Now">The settings after it; null when they were refused.</param>
/// <param name="Refusal">The setting that was refused, and why.</param>
internal sealed record SavedSettings(SettingsView? Now, (string Name, string Detail)? Refusal);
