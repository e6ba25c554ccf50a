using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
internal sealed class ModelsEndpoint(AccessKeyAuthenticator authenticator, ModelCatalogue catalogue, IRequestLedger ledger, ProxyMetrics metrics, TimeProvider time)
{
    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await ErrorResponses.WriteAsync(context, OpenAiError.WrongMethod(context.Request.Method, context.Request.Path, HttpMethods.Get), HttpMethods.Get).ConfigureAwait(false);
            return;
        }

        var record = new RequestRecord(RequestOperation.Models, ledger, metrics, time);
        var answer = new ClientAnswer(context, record, []);
        if (authenticator.Authenticate(context.Request.Headers, out var accessKey) is { } refused)
        {
            metrics.Unauthenticated();
            await answer.FailAsync(refused, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        record.AccessKeyId = accessKey!.Id;
        try
        {
            await AnswerAsync(context, record, answer).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await record.CompleteAsync(RequestOutcome.Aborted, StatusCodes.Status499ClientClosedRequest).ConfigureAwait(false);
        }
        catch (Exception)
        {
            await record.CompleteAsync(RequestOutcome.InternalError, StatusCodes.Status500InternalServerError, OpenAiError.Internal.Code).ConfigureAwait(false);
            throw;
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestRecord record, ClientAnswer answer)
    {
        var (models, error) = await catalogue.ListAsync(record, context.RequestAborted).ConfigureAwait(false);
        var asked = context.Request.RouteValues["id"] as string;
        using var buffer = new PooledBuffer();
        if (models is null)
        {
            await record.CompleteAsync(error!.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable ? RequestOutcome.NoKey : RequestOutcome.UpstreamError, error.Status, error.Code).ConfigureAwait(false);
            await answer.FailAsync(error, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        if (string.IsNullOrEmpty(asked))
        {
            ModelListBody.WriteList(models, buffer);
        }
        else if (Find(models, asked) is { } model)
        {
            ModelListBody.WriteOne(model, buffer);
        }
        else
        {
            var unknown = OpenAiError.ModelNotFound("The model does not exist.");
            await record.CompleteAsync(RequestOutcome.ClientError, unknown.Status, unknown.Code).ConfigureAwait(false);
            await answer.FailAsync(unknown, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        await record.CompleteAsync(RequestOutcome.Succeeded, StatusCodes.Status200OK).ConfigureAwait(false);
        await answer.SendJsonAsync(buffer.Written, context.RequestAborted).ConfigureAwait(false);
    }

    private static string? Find(IReadOnlyList<string> models, string asked)
    {
        var name = Gemini.ModelName.Parse(asked);
        foreach (var model in models)
        {
            if (model == name)
            {
                return model;
            }
        }

        return null;
    }
}
