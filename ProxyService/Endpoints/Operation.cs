using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>An operation a known client has asked for.</summary>
/// <param name="Context">The request.</param>
/// <param name="Record">What is known of it.</param>
/// <param name="AccessKey">Who asks.</param>
/// <param name="Dialect">Whose API the client speaks.</param>
internal sealed record Operation(HttpContext Context, RequestRecord Record, PoolAccessKey AccessKey, ClientDialect Dialect)
{
    /// <summary>Ends when the client goes away.</summary>
    public CancellationToken Client => Context.RequestAborted;

    /// <summary>Prepares the answer.</summary>
    /// <param name="warnings">What was left out or changed.</param>
    public ClientAnswer Answer(IReadOnlyList<string> warnings) => new(Context, Record, warnings, Dialect);

    /// <summary>Whether the client's access key may use a model.</summary>
    public bool MayUse(string model) => AccessKey.MayUse(model);

    /// <summary>Refuses the request because of itself.</summary>
    public Task RefuseAsync(OpenAiError error) => FailAsync(RequestOutcome.ClientError, error);

    /// <summary>Ends the request with an error.</summary>
    public async Task FailAsync(RequestOutcome outcome, OpenAiError error)
    {
        await Record.CompleteAsync(outcome, error.Status, error.Code).ConfigureAwait(false);
        await Answer([]).FailAsync(error, Client).ConfigureAwait(false);
    }
}
