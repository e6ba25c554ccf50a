using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Pages.Models;

/// <summary>What a model of the catalogue is to clients.</summary>
internal enum ModelState
{
    /// <summary>Clients can use it.</summary>
    Served,

    /// <summary>An operator took it out.</summary>
    Disabled,

    /// <summary>The upstream does not list it any more.</summary>
    Gone,
}

/// <summary>States of models, and how they look.</summary>
internal static class ModelStates
{
    public static ModelState Of(ModelView model) => !model.Enabled ? ModelState.Disabled : model.GoneSince is not null ? ModelState.Gone : ModelState.Served;

    public static string Tone(ModelView model) => Of(model) switch { ModelState.Served => "good", ModelState.Gone => "warn", _ => "off" };

    public static string Icon(ModelView model) => Of(model) switch { ModelState.Served => "check_circle", ModelState.Gone => "cloud_off", _ => "toggle_off" };
}
