using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Models;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Models;

public sealed class ModelListAnswerTests
{
    [Fact]
    public void Read_Page_TakesWhatIsThere_AndLeavesOutWhatCannotBeAskedFor()
    {
        var models = new Dictionary<string, UpstreamModel>();

        var next = Read(
            """
            {"models":[
                {"name":"models/gemini-2.5-pro","version":"2.5","displayName":"Gemini 2.5 Pro","description":"Thinks.","inputTokenLimit":1048576,"outputTokenLimit":65536,
                 "supportedGenerationMethods":["generateContent","countTokens","countTokens",7],"thinking":true,"temperature":1},
                {"name":"models/bare","inputTokenLimit":"many","supportedGenerationMethods":null},
                {"name":"models/../keys"},{"name":"models/a/b"},{"name":"models/with blank"},{"name":""},{"name":7},{},null,"x"],
             "nextPageToken":"2"}
            """,
            models);

        Assert.Equal("2", next);
        Assert.Equal(["bare", "gemini-2.5-pro"], models.Keys.Order());
        Assert.Equivalent(new UpstreamModel("gemini-2.5-pro", "Gemini 2.5 Pro", "Thinks.", "2.5", 1_048_576, 65_536, ["countTokens", "generateContent"], true), models["gemini-2.5-pro"], strict: true);
        Assert.Equivalent(new UpstreamModel("bare", null, null, null, null, null, []), models["bare"], strict: true);
    }

    [Fact]
    public void Read_LongTexts_AreCutBetweenCharacters()
    {
        var models = new Dictionary<string, UpstreamModel>();

        Read($$"""{"models":[{"name":"models/a","description":"{{new string('x', 499)}}😀"}]}""", models);

        Assert.Equal(new string('x', 499), models["a"].Description);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"models\"")]
    [InlineData("{\"html\":1}")]
    public void Read_WhatIsNoList_IsRefused(string body) => Assert.ThrowsAny<JsonException>(() => Read(body, []));

    [Fact]
    public void Read_EmptyObject_IsAListWithoutModels()
    {
        var models = new Dictionary<string, UpstreamModel>();

        Assert.Null(Read("{}", models));
        Assert.Empty(models);
    }

    private static string? Read(string body, Dictionary<string, UpstreamModel> models) => ModelListAnswer.Read(Encoding.UTF8.GetBytes(body), models);
}
