using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Errors;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>, in OpenAI's form or Gemini's: the models the access key may use.</summary>
internal sealed class ModelsEndpoint(OperationDesk desk, ModelCatalogue catalogue, TranslationSettings settings)
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

        models = [.. models.Where(model => settings.Serves(model.Name) && operation.MayUse(model.Name))];

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

    private OpenAiError? WriteList(Operation operation, IReadOnlyList<GeminiModel> models, PooledBuffer buffer)
    {
        if (operation.Dialect == ClientDialect.OpenAi)
        {
            var names = models.Select(model => model.Name).ToList();
            ModelObjects.WriteList(names.Concat(settings.Aliases.Keys.Where(alias => Find(models, alias) is not null).Order(StringComparer.Ordinal)).Distinct(), buffer);
            return null;
        }

        var query = operation.Context.Request.Query;
        return ModelListBody.TryWritePage(models, query["pageSize"], query["pageToken"], buffer) is { } wrong ? OpenAiError.InvalidValue(wrong, $"Invalid value for '{wrong}'.") : null;
    }

    private OpenAiError? WriteOne(Operation operation, IReadOnlyList<GeminiModel> models, string asked, PooledBuffer buffer)
    {
        if (operation.Dialect == ClientDialect.OpenAi)
        {
            if (Find(models, asked) is null)
            {
                return OpenAiError.ModelNotFound("The model does not exist.");
            }

            ModelObjects.WriteOne(settings.Aliases.ContainsKey(asked) ? asked : ModelName.Parse(asked)!, buffer);
            return null;
        }

        if (FindExactly(models, ModelName.Parse(asked)) is not { } found)
        {
            return OpenAiError.ModelNotFound("The model does not exist.");
        }

        buffer.Append(found.Json.Span);
        return null;
    }

    /// <summary>The model behind a name as chat completions understand it: aliases and suffixes included.</summary>
    private GeminiModel? Find(IReadOnlyList<GeminiModel> models, string asked) => settings.Choose(asked) is { Name: var name } ? FindExactly(models, name) : null;

    private static GeminiModel? FindExactly(IReadOnlyList<GeminiModel> models, string? name) => models.FirstOrDefault(model => model.Name == name);
}
