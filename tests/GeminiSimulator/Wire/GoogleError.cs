using System.IO.Hashing;
using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>An error as Google's APIs answer it.</summary>
/// <param name="Status">HTTP status, repeated as <c>code</c>.</param>
/// <param name="Name">The canonical status, for example <c>INVALID_ARGUMENT</c>.</param>
/// <param name="Message">The sentence.</param>
/// <param name="Details">Typed details, or none.</param>
public sealed record GoogleError(int Status, string Name, string Message, params JsonNode[] Details)
{
    /// <summary>How the type of every detail begins.</summary>
    public const string TypePrefix = "type.googleapis.com/google.rpc.";

    /// <summary>The gateway's address is in a region Google does not serve.</summary>
    public static GoogleError Location { get; } = new(400, "FAILED_PRECONDITION", "User location is not supported for the API use.");

    /// <summary>A failure of Google's own.</summary>
    public static GoogleError Internal { get; } = new(500, "INTERNAL", "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting");

    /// <summary>The model is overloaded.</summary>
    public static GoogleError Overloaded { get; } = new(503, "UNAVAILABLE", "The model is overloaded. Please try again later.");

    /// <summary>The answer took too long.</summary>
    public static GoogleError DeadlineExceeded { get; } = new(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again.");

    /// <summary>A cache entry of nobody or of another project.</summary>
    public static GoogleError CacheUnknown { get; } = new(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)");

    /// <summary>The body.</summary>
    public JsonObject ToJson()
    {
        var error = new JsonObject { ["code"] = Status, ["message"] = Message, ["status"] = Name };
        if (Details.Length > 0)
        {
            error["details"] = new JsonArray([.. Details.Select(detail => detail.DeepClone())]);
        }

        return new JsonObject { ["error"] = error };
    }

    /// <summary>A refused argument, with the field it is about.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="field">Path of the field; null for none.</param>
    public static GoogleError InvalidArgument(string message, string? field = null) => field is null
        ? new(400, "INVALID_ARGUMENT", message)
        : new(400, "INVALID_ARGUMENT", message, new JsonObject
        {
            ["@type"] = TypePrefix + "BadRequest",
            ["fieldViolations"] = new JsonArray(new JsonObject { ["field"] = field, ["description"] = message }),
        });

    /// <summary>A field Google does not know.</summary>
    /// <param name="name">The field.</param>
    /// <param name="path">Path of the object that holds it; empty at the top.</param>
    /// <param name="reason">Why it does not fit.</param>
    public static GoogleError UnknownField(string name, string path, string reason = "Cannot find field.") => InvalidArgument(
        path.Length == 0
            ? $"Invalid JSON payload received. Unknown name \"{name}\": {reason}"
            : $"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': {reason}",
        path);

    /// <summary>An unknown model, or one without the method.</summary>
    /// <param name="model">The model.</param>
    /// <param name="method">The method asked for.</param>
    public static GoogleError ModelNotFound(string model, string method) => new(404, "NOT_FOUND",
        $"models/{model} is not found for API version v1beta, or is not supported for {method}. Call ListModels to see the list of available models and their supported methods.");

    /// <summary>A model the key's account may no longer start to use.</summary>
    /// <param name="model">The model.</param>
    public static GoogleError ModelClosed(string model) => new(404, "NOT_FOUND",
        $"This model models/{model} is no longer available to new users. Please update your code to use a newer model for the latest features and improvements.");

    internal static JsonObject ErrorInfo(string reason, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        var values = new JsonObject { ["service"] = "generativelanguage.googleapis.com" };
        foreach (var (name, value) in metadata)
        {
            values[name] = value;
        }

        return new JsonObject { ["@type"] = TypePrefix + "ErrorInfo", ["reason"] = reason, ["domain"] = "googleapis.com", ["metadata"] = values };
    }

    internal static JsonObject Help(string description, string url) => new()
    {
        ["@type"] = TypePrefix + "Help",
        ["links"] = new JsonArray(new JsonObject { ["description"] = description, ["url"] = url }),
    };

    /// <summary>The twelve digits Google would name a project by.</summary>
    /// <param name="project">The project's name.</param>
    internal static string ProjectNumber(string project) => $"{100_000_000_000 + Crc32.HashToUInt32(System.Text.Encoding.UTF8.GetBytes(project))}";
}
