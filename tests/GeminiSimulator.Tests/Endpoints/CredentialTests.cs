using System.Net;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Endpoints;

public sealed class CredentialTests(SharedSimulator shared) : SimulatorTest(shared)
{
    private const string Path = "/v1beta/models/gemini-2.5-flash:generateContent";

    [Fact]
    public async Task Call_NoKey_Answers403LikeGoogle()
    {
        var reply = await SendAsync(Request(Path, "{}", null));

        Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
        Assert.Contains("unregistered callers", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UnknownKey_Answers400WithErrorInfoAndTheKeyInDebugInfo()
    {
        var reply = await GenerateAsync(Saying("x"), key: "AIzaNobody");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("API_KEY_INVALID", (string?)reply.Detail("ErrorInfo")!["reason"]);
        Assert.Equal("generativelanguage.googleapis.com", (string?)reply.Detail("ErrorInfo")!["metadata"]!["service"]);
        Assert.Equal("Invalid API key: AIzaNobody", (string?)reply.Detail("DebugInfo")!["detail"]);
    }

    [Fact]
    public async Task Call_KeyInUrl_WorksAndTheLedgerSaysSo()
    {
        var reply = await SendAsync(Request($"{Path}?key={Key.Value}", Saying("x").ToJsonString(), null));

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        var call = Assert.Single(await Control.LedgerAsync());
        Assert.True(call.KeyInUrl);
        Assert.Equal(Key.Value, call.Key);
    }

    [Fact]
    public async Task Call_KeyAndAuthorization_Answers400()
    {
        var request = Request(Path, Saying("x").ToJsonString(), Key.Value);
        request.Headers.Add("Authorization", "Bearer sk-client");
        var reply = await SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("Multiple authentication credentials received", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_OnlyAuthorization_Answers401()
    {
        var request = Request(Path, Saying("x").ToJsonString(), null);
        request.Headers.Add("Authorization", "Bearer " + Key.Value);
        var reply = await SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Assert.Equal("ACCESS_TOKEN_TYPE_UNSUPPORTED", (string?)reply.Detail("ErrorInfo")!["reason"]);
    }

    [Fact]
    public async Task Call_BadKeyAndBadBody_SaysTheKeyFirst()
    {
        Assert.Contains("API key not valid", (await PostAsync(Path, "not json", "wrong")).Message, StringComparison.Ordinal);
    }
}
