using GeminiBalance.AdminUi.Clients;
using GeminiBalance.AdminUi.Resources;
using Microsoft.Extensions.Localization;
using Radzen;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>Says what came of an action.</summary>
internal sealed class Outcomes(NotificationService notifications, IStringLocalizer<ShellTexts> text)
{
    private const double ShownMs = 5_000;
    private const double FailureShownMs = 12_000;

    /// <summary>Runs an action and tells how it ended.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> TellAsync(string success, Func<Task> act)
    {
        try
        {
            await act();
            notifications.Notify(new NotificationMessage { Severity = NotificationSeverity.Success, Summary = success, Duration = ShownMs, CloseAriaLabel = text["Close"] });
            return true;
        }
        catch (ServiceCallException e)
        {
            notifications.Notify(new NotificationMessage
            {
                Severity = NotificationSeverity.Error,
                Summary = text["ActionFailed"],
                Detail = Describe(e, text),
                Duration = FailureShownMs,
                CloseAriaLabel = text["Close"],
            });
            return false;
        }
    }

    /// <summary>A failed call in a sentence.</summary>
    public static string Describe(ServiceCallException e, IStringLocalizer<ShellTexts> text) =>
        e.Detail ?? (e.Status is { } status ? text["ServiceRefused", text["Service." + e.Service], (int)status] : text["ServiceSilent", text["Service." + e.Service]]);
}
