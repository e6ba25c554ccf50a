using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>What Google answers about the key itself. Some of it repeats the key, as Google does, so that a gateway must prove it does not pass it on.</summary>
public static class KeyErrors
{
    private const string NotValid = "API key not valid. Please pass a valid API key.";

    /// <summary>No key at all.</summary>
    public static GoogleError Missing { get; } = new(403, "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.");

    /// <summary>More than one credential.</summary>
    public static GoogleError Several { get; } = new(400, "INVALID_ARGUMENT", "Multiple authentication credentials received. Please pass only one.");

    /// <summary>A standard key of a type no longer accepted.</summary>
    public static GoogleError TypeRejected { get; } = new(401, "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        GoogleError.ErrorInfo("ACCESS_TOKEN_TYPE_UNSUPPORTED"));

    /// <summary>The billing account has no credits left.</summary>
    public static GoogleError BillingEmpty { get; } = new(402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.");

    /// <summary>The free tier does not exist where the project is.</summary>
    public static GoogleError FreeTierClosed { get; } = new(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.");

    /// <summary>The key was published somewhere.</summary>
    public static GoogleError Leaked { get; } = new(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key.");

    /// <summary>The project is banned.</summary>
    public static GoogleError Denied { get; } = new(403, "PERMISSION_DENIED", "Your project has been denied access. Please contact support.");

    /// <summary>An unknown or expired key.</summary>
    /// <param name="key">The key, repeated in the details.</param>
    public static GoogleError Invalid(string key) => new(400, "INVALID_ARGUMENT", NotValid,
        GoogleError.ErrorInfo("API_KEY_INVALID"),
        new JsonObject { ["@type"] = GoogleError.TypePrefix + "LocalizedMessage", ["locale"] = "en-US", ["message"] = NotValid },
        new JsonObject { ["@type"] = GoogleError.TypePrefix + "DebugInfo", ["detail"] = "Invalid API key: " + key });

    /// <summary>The key's project is suspended.</summary>
    /// <param name="key">The key, repeated in the message.</param>
    /// <param name="project">Its project.</param>
    public static GoogleError Suspended(string key, string project) => new(403, "PERMISSION_DENIED",
        $"Permission denied: Consumer 'api_key:{key}' has been suspended.",
        GoogleError.ErrorInfo("CONSUMER_SUSPENDED", ("consumer", "projects/" + GoogleError.ProjectNumber(project)), ("containerInfo", "api_key:" + key)));

    /// <summary>The API is not enabled in the key's project.</summary>
    /// <param name="project">The project.</param>
    public static GoogleError ServiceDisabled(string project)
    {
        var number = GoogleError.ProjectNumber(project);
        var url = "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=" + number;
        return new(403, "PERMISSION_DENIED",
            $"Generative Language API has not been used in project {number} before or it is disabled. Enable it by visiting {url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
            GoogleError.Help("Google developers console API activation", url),
            GoogleError.ErrorInfo("SERVICE_DISABLED", ("consumer", "projects/" + number)));
    }

    /// <summary>The key is restricted to other services.</summary>
    /// <param name="project">The project.</param>
    public static GoogleError Restricted(string project) => new(403, "PERMISSION_DENIED",
        "Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.",
        GoogleError.ErrorInfo("API_KEY_SERVICE_BLOCKED", ("consumer", "projects/" + GoogleError.ProjectNumber(project))));
}
