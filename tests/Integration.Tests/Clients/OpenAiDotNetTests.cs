using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using Xunit;

namespace GeminiBalance.Integration.Tests.Clients;

/// <summary>The official OpenAI client for .NET as the judge of the gateway.</summary>
public sealed class OpenAiDotNetTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Chat_Unary_AnswersWithTextAndUsage()
    {
        ChatCompletion completion = await Chat().CompleteChatAsync([ChatMessage.CreateSystemMessage("Be brief."), ChatMessage.CreateUserMessage("a word from the .NET client")], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains("a word from the .NET client", completion.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        Assert.True(completion.Usage.InputTokenCount > 0);
        Assert.Equal(completion.Usage.TotalTokenCount, completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Chat_Stream_ArrivesInPiecesAndEndsOnce()
    {
        var pieces = new List<string>();
        var finishes = new List<ChatFinishReason>();
        ChatTokenUsage? usage = null;
        await foreach (var update in Chat().CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("please stream [words:60]")], cancellationToken: TestContext.Current.CancellationToken))
        {
            pieces.AddRange(update.ContentUpdate.Select(part => part.Text).Where(text => text.Length > 0));
            if (update.FinishReason is { } reason)
            {
                finishes.Add(reason);
            }

            usage = update.Usage ?? usage;
        }

        Assert.True(pieces.Count > 3, $"{pieces.Count} pieces");
        Assert.Equal(60, string.Concat(pieces).Split(' ').Length);
        Assert.Equal(ChatFinishReason.Stop, Assert.Single(finishes));
        Assert.True(usage?.OutputTokenCount > 0);
    }

    [Fact]
    public async Task Chat_MaximumTokens_EndsWithLength()
    {
        ChatCompletion completion = await Chat().CompleteChatAsync([ChatMessage.CreateUserMessage("say much [words:200]")], new ChatCompletionOptions { MaxOutputTokenCount = 50 }, TestContext.Current.CancellationToken);

        Assert.Equal(ChatFinishReason.Length, completion.FinishReason);
    }

    [Fact]
    public async Task Chat_WrongAccessKey_IsUnauthorized()
    {
        var client = new ChatClient("gemini-2.5-flash", new ApiKeyCredential("sk-gb-wrong"), Options());

        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(401, error.Status);
        Assert.Contains("invalid_api_key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_UnknownModel_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Chat("gemini-none").CompleteChatAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_AreListed()
    {
        var models = new OpenAIModelClient(new ApiKeyCredential(gateway.AccessKey), Options());

        OpenAIModelCollection list = await models.GetModelsAsync(TestContext.Current.CancellationToken);

        Assert.Contains(list, model => model.Id == "gemini-2.5-flash");
    }

    [Theory]
    [InlineData("gemini-2.5-flash")]
    [InlineData("gemini-3.8-flash")]
    public async Task Chat_Tools_AreCalledAndAnswered(string model)
    {
        var tool = ChatTool.CreateFunctionTool("get_weather", "Tells the weather.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"""), functionSchemaIsStrict: true);
        List<ChatMessage> messages = [ChatMessage.CreateUserMessage("please ask get_weather")];

        ChatCompletion first = await Chat(model).CompleteChatAsync(messages, new ChatCompletionOptions { Tools = { tool } }, TestContext.Current.CancellationToken);
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        var call = Assert.Single(first.ToolCalls);
        messages.Add(ChatMessage.CreateAssistantMessage(first));
        messages.Add(ChatMessage.CreateToolMessage(call.Id, "blue sky"));
        ChatCompletion second = await Chat(model).CompleteChatAsync(messages, new ChatCompletionOptions { Tools = { tool } }, TestContext.Current.CancellationToken);

        Assert.Equal("get_weather", call.FunctionName);
        Assert.NotNull(call.FunctionArguments.ToObjectFromJson<Dictionary<string, string>>()?["city"]);
        Assert.Contains("blue sky", second.Content[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_StreamedTools_ArriveWhole()
    {
        var tool = ChatTool.CreateFunctionTool("get_weather", functionParameters: BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));
        var arguments = "";
        string? name = null;
        ChatFinishReason? finish = null;

        await foreach (var update in Chat("gemini-3.8-flash").CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("please ask get_weather")], new ChatCompletionOptions { Tools = { tool } }, TestContext.Current.CancellationToken))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                name ??= call.FunctionName;
                arguments += call.FunctionArgumentsUpdate?.ToString();
            }

            finish = update.FinishReason ?? finish;
        }

        Assert.Equal(("get_weather", (ChatFinishReason?)ChatFinishReason.ToolCalls), (name, finish));
        Assert.Contains("city", arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_StructuredOutput_FitsTheSchema()
    {
        var format = ChatResponseFormat.CreateJsonSchemaFormat("person", BinaryData.FromString("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}"""), jsonSchemaIsStrict: true);

        ChatCompletion completion = await Chat().CompleteChatAsync([ChatMessage.CreateUserMessage("make a person")], new ChatCompletionOptions { ResponseFormat = format }, TestContext.Current.CancellationToken);

        var person = System.Text.Json.JsonDocument.Parse(completion.Content[0].Text).RootElement;
        Assert.Equal(System.Text.Json.JsonValueKind.String, person.GetProperty("name").ValueKind);
        Assert.True(person.GetProperty("age").TryGetInt32(out _));
    }

    [Fact]
    public async Task Chat_Image_IsSeen()
    {
        var image = ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC")), "image/png");

        ChatCompletion with = await Chat().CompleteChatAsync([ChatMessage.CreateUserMessage(ChatMessageContentPart.CreateTextPart("what is this"), image)], cancellationToken: TestContext.Current.CancellationToken);
        ChatCompletion without = await Chat().CompleteChatAsync([ChatMessage.CreateUserMessage("what is this")], cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(with.Usage.InputTokenCount > without.Usage.InputTokenCount + 50);
    }

    [Fact]
    public async Task G67_Embeddings_AreVectors()
    {
        var client = new OpenAI.Embeddings.EmbeddingClient("gemini-embedding-2", new ApiKeyCredential(gateway.AccessKey), Options());

        OpenAI.Embeddings.OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(["a", "b"], new OpenAI.Embeddings.EmbeddingGenerationOptions { Dimensions = 256 }, TestContext.Current.CancellationToken);

        Assert.Equal([256, 256], embeddings.Select(embedding => embedding.ToFloats().Length));
        Assert.Equal(1, Math.Sqrt(embeddings[0].ToFloats().ToArray().Sum(value => (double)value * value)), 4);
        Assert.True(embeddings.Usage.InputTokenCount > 0);
    }

    [Fact]
    public async Task Errors_TheGatewayHasRetried_SayThatRetryingIsUseless()
    {
        await gateway.Simulator.MarkersAsync(true);
        try
        {
            var before = (await gateway.Simulator.SettledAsync(TimeSpan.FromSeconds(60))).Calls;
            var error = await Assert.ThrowsAsync<ClientResultException>(() => Chat("gemini-2.5-pro").CompleteChatAsync([ChatMessage.CreateUserMessage("[sim:internal]")], cancellationToken: TestContext.Current.CancellationToken));
            var after = (await gateway.Simulator.SettledAsync(TimeSpan.FromSeconds(60))).Calls;

            Assert.Equal(502, error.Status);
            Assert.InRange(after - before, 2, 12);
            Assert.Equal("false", error.GetRawResponse()!.Headers.TryGetValue("x-should-retry", out var retry) ? retry : null);
        }
        finally
        {
            await gateway.Simulator.MarkersAsync(false);
        }
    }

    private ChatClient Chat(string model = "gemini-2.5-flash") => new(model, new ApiKeyCredential(gateway.AccessKey), Options());

    private OpenAIClientOptions Options() => new() { Endpoint = gateway.OpenAiAddress };
}
