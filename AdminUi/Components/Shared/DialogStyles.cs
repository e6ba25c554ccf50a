using GeminiBalance.AdminUi.Resources;
using Microsoft.Extensions.Localization;
using Radzen;

namespace GeminiBalance.AdminUi.Components.Shared;

/// <summary>The sizes dialogs have.</summary>
internal static class DialogStyles
{
    public static DialogOptions Small(IStringLocalizer<ShellTexts> shell) => Sized("440px", shell);

    public static DialogOptions Large(IStringLocalizer<ShellTexts> shell) => Sized("720px", shell);

    private static DialogOptions Sized(string width, IStringLocalizer<ShellTexts> shell) => new()
    {
        Width = $"min({width}, calc(100vw - 24px))",
        CloseDialogOnEsc = true,
        CloseDialogOnOverlayClick = false,
        AutoFocusFirstElement = true,
        CloseAriaLabel = shell["Close"],
        CssClass = "gb-dialog",
    };
}
