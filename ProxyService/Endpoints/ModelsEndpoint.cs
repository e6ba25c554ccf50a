using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>, in OpenAI's form or Gemini's.</summary>
internal sealed class ModelsEndpoint(OperationDesk desk, ModelCatalogue catalogue)
{
    /// <summary>Handles a request.</summary>
    public Task HandleAsync(HttpContext context) => desk.RunAsync(context, RequestOperation.Models, HttpMethods.Get, AnswerAsync);

    private async Task AnswerAsync(Operation operation)
    {
        var (models, error) = await catalogue.ListAsync(operation.Record, operation.Client).ConfigureAwait(false);
        if (models is null)
        {
            var outcome = error!.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable ? RequestOutcome.NoKey : RequestOutcome.UpstreamError;
            await operation.FailAsync(outcome, error).ConfigureAwait(false);
            return;
        }

        using var buffer = new PooledBuffer();
        var asked = operation.Context.Request.RouteValues["id"] as string;
        if ((string.IsNullOrEmpty(asked) ? WriteList(operation, models, buffer) : WriteOne(operation, models, asked, buffer)) is { } refused)
        {
            await operation.RefuseAsync(refused).ConfigureAwait(false);
            return;
        }

        await operation.Record.CompleteAsync(RequestOutcome.Succeeded, StatusCodes.Status200OK).ConfigureAwait(false);
        await operation.Answer([]).SendJsonAsync(buffer.Written, operation.Client).ConfigureAwait(false);
    }

    private static OpenAiError? WriteList(Operation operation, IReadOnlyList<GeminiModel> models, PooledBuffer buffer)
    {
        if (operation.Dialect == ClientDialect.OpenAi)
        {
            ModelObjects.WriteList(models.Select(model => model.Name), buffer);
            return null;
        }

        var query = operation.Context.Request.Query;
        return ModelListBody.TryWritePage(models, query["pageSize"], query["pageToken"], buffer) is { } wrong ? OpenAiError.InvalidValue(wrong, $"Invalid value for '{wrong}'.") : null;
    }

    private static OpenAiError? WriteOne(Operation operation, IReadOnlyList<GeminiModel> models, string asked, PooledBuffer buffer)
    {
        var name = ModelName.Parse(asked);
        if (models.FirstOrDefault(model => model.Name == name) is not { } found)
        {
            return OpenAiError.ModelNotFound("The model does not exist.");
        }

        if (operation.Dialect == ClientDialect.OpenAi)
        {
            ModelObjects.WriteOne(found.Name, buffer);
        }
        else
        {
            buffer.Append(found.Json.Span);
        }

        return null;
    }
}
