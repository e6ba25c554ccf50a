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

    private ChatClient Chat(string model = "gemini-2.5-flash") => new(model, new ApiKeyCredential(gateway.AccessKey), Options());

    private OpenAIClientOptions Options() => new() { Endpoint = gateway.OpenAiAddress };
}
