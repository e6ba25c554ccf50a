using System.Globalization;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary><c>GET /v1beta/models</c> and <c>GET /v1beta/models/{model}</c>.</summary>
internal static class ModelEndpoints
{
    private const int DefaultPage = 50;
    private const int LargestPage = 1000;

    public static void MapModels(this WebApplication app)
    {
        foreach (var version in (string[])["/v1beta", "/v1"])
        {
            app.MapGet(version + "/models", (HttpContext context, CallDesk desk) => desk.RunAsync(context, "", "list", call => ListAsync(call, desk)));
            app.MapGet(version + "/models/{model}", (HttpContext context, string model, CallDesk desk) => desk.RunAsync(context, model, "get", call => GetAsync(call, desk)));
        }
    }

    private static Task ListAsync(OpenCall call, CallDesk desk)
    {
        var query = call.Context.Request.Query;
        if (Whole(query["pageSize"]) is not { } size)
        {
            return CallDesk.FailAsync(call, GoogleError.InvalidArgument("Invalid value at 'page_size' (TYPE_INT32)", "page_size"));
        }

        if (Whole(query["pageToken"]) is not { } start || start > ModelCatalogue.All.Count)
        {
            return CallDesk.FailAsync(call, GoogleError.InvalidArgument("* ListModelsRequest.page_token: the page token is not valid\n", "page_token"));
        }

        size = size == 0 ? DefaultPage : Math.Min(size, LargestPage);
        var body = new JsonObject { ["models"] = new JsonArray([.. ModelCatalogue.All.Skip(start).Take(size).Select(Describe)]) };
        if (start + size < ModelCatalogue.All.Count)
        {
            body["nextPageToken"] = (start + size).ToString(CultureInfo.InvariantCulture);
        }

        return Delivery.WholeAsync(call, body, desk);
    }

    private static Task GetAsync(OpenCall call, CallDesk desk) => ModelCatalogue.Find(call.Model) is { } model
        ? Delivery.WholeAsync(call, Describe(model), desk)
        : CallDesk.FailAsync(call, GoogleError.ModelNotFound(call.Model, "getModel"));

    private static int? Whole(string? text) =>
        string.IsNullOrEmpty(text) ? 0 : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static JsonNode Describe(ModelProfile model)
    {
        var node = new JsonObject
        {
            ["name"] = "models/" + model.Name,
            ["version"] = "001",
            ["displayName"] = model.DisplayName,
            ["description"] = model.DisplayName,
            ["inputTokenLimit"] = model.InputTokenLimit,
            ["outputTokenLimit"] = model.OutputTokenLimit,
            ["supportedGenerationMethods"] = new JsonArray([.. model.Methods.Select(method => (JsonNode)method)]),
        };
        if (!model.Embeds)
        {
            node["temperature"] = 1;
            node["topP"] = 0.95;
            node["topK"] = 64;
            node["maxTemperature"] = 2;
        }

        if (model.Thinking != ThinkingControl.None)
        {
            node["thinking"] = true;
        }

        return node;
    }
}
