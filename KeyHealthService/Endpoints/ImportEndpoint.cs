using System.Text;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.Metadata;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>Import of keys.</summary>
internal static class ImportEndpoint
{
    private const int LargestBody = 16 << 20;

    public static void MapImport(this IEndpointRouteBuilder keys) =>
        keys.MapPost("/imports", ImportAsync).WithMetadata(new SizeLimit());

    private static async Task<IResult> ImportAsync(HttpContext context, KeyImport import, CancellationToken cancellation)
    {
        var type = context.Request.ContentType;
        if (type is not null && !type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase))
        {
            return ProblemResponses.Problem(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "The keys are sent as text/plain.");
        }

        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancellation);
        return string.IsNullOrWhiteSpace(text)
            ? ProblemResponses.Problem(StatusCodes.Status400BadRequest, "empty_import", "The text is empty: send one key per line.")
            : TypedResults.Ok(await import.RunAsync(text, context.Actor(), cancellation));
    }

    private sealed class SizeLimit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestBody;
    }
}
