using System.Net;
using GeminiBalance.GeminiSimulator.Catalogue;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Endpoints;

public sealed class ModelTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task List_PageByPage_GivesEveryModelOnce()
    {
        var names = new List<string>();
        string? token = null;
        do
        {
            var page = (await GetAsync($"/v1beta/models?pageSize=10&pageToken={token}")).Json;
            names.AddRange(page["models"]!.AsArray().Select(model => (string)model!["name"]!));
            token = (string?)page["nextPageToken"];
        }
        while (token is not null);

        Assert.Equal(ModelCatalogue.All.Select(model => "models/" + model.Name), names);
    }

    [Theory]
    [InlineData("pageSize=-1")]
    [InlineData("pageSize=x")]
    [InlineData("pageToken=garbage")]
    [InlineData("sort=name")]
    public async Task List_BadQuery_Answers400(string query)
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync("/v1beta/models?" + query)).Status);
    }

    [Fact]
    public async Task Get_Model_HasGeminisFields()
    {
        var model = (await GetAsync("/v1beta/models/gemini-2.5-pro")).Json;

        Assert.Equal(1_048_576, (int)model["inputTokenLimit"]!);
        Assert.Equal(65_536, (int)model["outputTokenLimit"]!);
        Assert.Contains("generateContent", model["supportedGenerationMethods"]!.AsArray().Select(method => (string?)method));
        Assert.True((bool)model["thinking"]!);
    }

    [Fact]
    public async Task Get_UnknownModel_Answers404()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/v1/models/gemini-9")).Status);
    }

    [Fact]
    public async Task Health_NoKey_Answers200()
    {
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Request("/health", null, null))).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Request("/alive", null, null))).Status);
    }
}
