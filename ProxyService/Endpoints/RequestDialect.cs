using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>Whose API a request speaks.</summary>
internal static class RequestDialect
{
    private static readonly PathString OpenAiByGoogle = new("/v1beta/openai");
    private static readonly PathString[] NativeVersions = [new("/v1beta"), new("/v1alpha")];
    private static readonly PathString[] Models = [new("/v1/models"), new("/models"), new("/v1/v1/models")];

    /// <summary>By the path; where both APIs have the same path, by where the key is.</summary>
    public static ClientDialect Of(HttpRequest request)
    {
        var path = request.Path;
        if (path.StartsWithSegments(OpenAiByGoogle, StringComparison.OrdinalIgnoreCase))
        {
            return ClientDialect.OpenAi;
        }

        if (IsUnder(path, NativeVersions))
        {
            return ClientDialect.Gemini;
        }

        return IsModelPath(path) && (IsMethodPath(request) || SendsGoogleKey(request)) ? ClientDialect.Gemini : ClientDialect.OpenAi;
    }

    /// <summary>Whether it calls a method of a model in Gemini's own way.</summary>
    public static bool IsMethodCall(HttpRequest request) => IsMethodPath(request) && Of(request) == ClientDialect.Gemini;

    /// <summary>Whether a key in the address counts: only where no client of OpenAI's API would ever ask.</summary>
    /// <param name="request">The request.</param>
    /// <param name="dialect">Whose API it speaks.</param>
    public static bool AcceptsQueryKey(HttpRequest request, ClientDialect dialect) => dialect == ClientDialect.Gemini && (!IsModelPath(request.Path) || IsMethodPath(request));

    private static bool IsModelPath(PathString path) => IsUnder(path, Models);

    private static bool IsUnder(PathString path, PathString[] roots)
    {
        foreach (var root in roots)
        {
            if (path.StartsWithSegments(root, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A method of a model, as <c>/models/gemini-2.5-flash:generateContent</c>: nothing of OpenAI's is posted there.</summary>
    private static bool IsMethodPath(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path.Value!.LastIndexOf(':') > request.Path.Value!.LastIndexOf('/');

    private static bool SendsGoogleKey(HttpRequest request) =>
        request.Headers.ContainsKey("x-goog-api-key") && request.Headers.Authorization.Count == 0 && !request.Headers.ContainsKey("x-api-key");
}
