using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>How the states of keys look: each has its own icon, so that colour alone says nothing.</summary>
public static class KeyStates
{
    /// <summary>The states in the order they are listed in, the good ones first.</summary>
    public static IReadOnlyList<KeyStatus> Listed { get; } =
    [
        KeyStatus.Healthy, KeyStatus.New, KeyStatus.Degraded, KeyStatus.Cooling, KeyStatus.Exhausted,
        KeyStatus.NotOffered, KeyStatus.Invalid, KeyStatus.Forbidden, KeyStatus.Disabled,
    ];

    /// <summary>Name of the icon.</summary>
    /// <param name="status">The state.</param>
    public static string Icon(KeyStatus status) => status switch
    {
        KeyStatus.New => "fiber_new",
        KeyStatus.Healthy => "check_circle",
        KeyStatus.Degraded => "error",
        KeyStatus.Cooling => "pause_circle",
        KeyStatus.Exhausted => "hourglass_bottom",
        KeyStatus.NotOffered => "do_not_disturb_on",
        KeyStatus.Invalid => "cancel",
        KeyStatus.Forbidden => "block",
        KeyStatus.Disabled => "toggle_off",
        _ => "archive",
    };

    /// <summary>Family of colours: good, fresh, warn, wait, bad or off.</summary>
    /// <param name="status">The state.</param>
    public static string Tone(KeyStatus status) => status switch
    {
        KeyStatus.Healthy => "good",
        KeyStatus.New => "fresh",
        KeyStatus.Degraded or KeyStatus.Exhausted => "warn",
        KeyStatus.Cooling or KeyStatus.NotOffered => "wait",
        KeyStatus.Invalid or KeyStatus.Forbidden => "bad",
        _ => "off",
    };
}
