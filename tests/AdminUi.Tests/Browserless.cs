using System.Net;
using System.Text.RegularExpressions;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.AspNetCore.Mvc.Testing;

namespace GeminiBalance.AdminUi.Tests;

/// <summary>Fills in forms as a browser without scripts would.</summary>
internal static partial class Browserless
{
    public static HttpClient Browser(this AdminHost host, string address = "http://localhost") =>
        host.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, BaseAddress = new Uri(address) });

    /// <summary>Opens a page and sends its form, hidden fields included.</summary>
    public static async Task<HttpResponseMessage> SubmitAsync(this HttpClient browser, string page, string handler, params (string Name, string Value)[] fields)
    {
        var html = await browser.GetStringAsync(page);
        return await browser.SendFormAsync(page.Split("?t=")[0], [("__RequestVerificationToken", AntiforgeryToken(html)), ("_handler", handler), .. fields]);
    }

    public static Task<HttpResponseMessage> SendFormAsync(this HttpClient browser, string page, params (string Name, string Value)[] fields) =>
        browser.PostAsync(page, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    public static Task<HttpResponseMessage> SignInAsync(this HttpClient browser, string password = AdminHost.Password, string name = "admin", string page = "/login") =>
        browser.SubmitAsync(page, "password", ("Input.Name", name), ("Input.Password", password));

    public static string AntiforgeryToken(string html) => WebUtility.HtmlDecode(Token().Match(html).Groups[1].Value);

    public static async Task<string> AlertAsync(this HttpResponseMessage response) =>
        WebUtility.HtmlDecode(Alert().Match(await response.Content.ReadAsStringAsync()).Groups[1].Value).Trim();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("role=\"alert\"[^>]*>([^<]*)<")]
    private static partial Regex Alert();
}
