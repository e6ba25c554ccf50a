using System.Text;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.OpenAi;

public sealed class EmbeddingRequestReaderTests
{
    [Fact]
    public void Request_WithEverything_IsUnderstood()
    {
        var request = Read("""{"model":"gemini-embedding-001","input":["a","b\u00e4"],"dimensions":256,"encoding_format":"base64","task_type":"RETRIEVAL_DOCUMENT","title":"T","user":"u"}""");

        Assert.Equal(("gemini-embedding-001", 2, 256, true, "RETRIEVAL_DOCUMENT"), (request!.Model, request.Inputs.Count, request.Dimensions, request.Base64, request.TaskType));
    }

    [Theory]
    [InlineData("""{"model":"m","input":"a","encoding_format":null,"dimensions":null,"user":null,"other":{"a":[1]}}""", false)]
    [InlineData("""{"model":"m","input":"a","encoding_format":"float"}""", false)]
    [InlineData("""{"model":"m","input":"a","encoding_format":"base64"}""", true)]
    public void Format_IsFloatUnlessBase64IsAsked(string json, bool base64) => Assert.Equal(base64, Read(json)!.Base64);

    [Theory]
    [InlineData("[]", "invalid_body", null)]
    [InlineData("{", "invalid_json", null)]
    [InlineData("""{"model":"m","input":"a"} x""", "invalid_json", null)]
    [InlineData("""{"model":"m","input":"a","input":"b"}""", "invalid_json", null)]
    [InlineData("""{"input":"a"}""", "missing_required_parameter", "model")]
    [InlineData("""{"model":1,"input":"a"}""", "invalid_type", "model")]
    [InlineData("""{"model":"m"}""", "missing_required_parameter", "input")]
    [InlineData("""{"model":"m","input":null}""", "invalid_type", "input")]
    [InlineData("""{"model":"m","input":{}}""", "invalid_type", "input")]
    [InlineData("""{"model":"m","input":""}""", "empty_string", "input")]
    [InlineData("""{"model":"m","input":["a",""]}""", "empty_string", "input[1]")]
    [InlineData("""{"model":"m","input":[]}""", "empty_array", "input")]
    [InlineData("""{"model":"m","input":[1,2]}""", "invalid_type", "input")]
    [InlineData("""{"model":"m","input":[[1,2]]}""", "invalid_type", "input")]
    [InlineData("""{"model":"m","input":["a",null]}""", "invalid_type", "input")]
    [InlineData("""{"model":"m","input":"\ud800"}""", "invalid_unicode", "input")]
    [InlineData("""{"model":"m","input":"a","dimensions":0}""", "integer_below_min_value", "dimensions")]
    [InlineData("""{"model":"m","input":"a","dimensions":1000000000}""", "integer_above_max_value", "dimensions")]
    [InlineData("""{"model":"m","input":"a","dimensions":1.5}""", "invalid_type", "dimensions")]
    [InlineData("""{"model":"m","input":"a","encoding_format":"int8"}""", "invalid_value", "encoding_format")]
    [InlineData("""{"model":"m","input":"a","task_type":"query!"}""", "invalid_value", "task_type")]
    [InlineData("""{"model":"m","input":"a","title":"t"}""", "invalid_value", "title")]
    [InlineData("""{"model":"m","input":"a","user":1}""", "invalid_type", "user")]
    public void Request_ThatMeansNothing_IsRefusedByField(string json, string code, string? param)
    {
        Assert.Null(EmbeddingRequestReader.Read(Encoding.UTF8.GetBytes(json), out var error));

        Assert.Equal((400, code, param), (error!.Status, error.Code, error.Param));
    }

    [Fact]
    public void Tokens_AreRefusedInWords()
    {
        EmbeddingRequestReader.Read("""{"model":"m","input":[[15339]]}"""u8, out var error);

        Assert.Contains("token ids", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void G68_EveryInput_IsAContentOfItsOwn()
    {
        var body = """{"model":"gemini-embedding-2","input":["a","b\n","c"],"dimensions":128,"task_type":"RETRIEVAL_DOCUMENT","title":"T"}"""u8;
        var request = EmbeddingRequestReader.Read(body, out _)!;
        using var target = new PooledBuffer();

        Assert.Equal(3, BatchEmbedWriter.Write(request, body, "gemini-embedding-2", 0, target));

        Assert.Equal(
            """{"requests":[""" + string.Join(',', new[] { "a", @"b\n", "c" }.Select(text => $$"""{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"{{text}}"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"T","outputDimensionality":128}""")) + "]}",
            Encoding.UTF8.GetString(target.WrittenSpan));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(100, 100)]
    [InlineData(200, 50)]
    public void Batches_HoldAHundredTexts(int first, int expected)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","input":[{{string.Join(',', Enumerable.Range(0, 250).Select(i => $"\"t{i}\""))}}]}""");
        var request = EmbeddingRequestReader.Read(body, out _)!;
        using var target = new PooledBuffer();

        Assert.Equal(expected, BatchEmbedWriter.Write(request, body, "m", first, target));

        Assert.Contains($"\"t{first}\"", Encoding.UTF8.GetString(target.WrittenSpan), StringComparison.Ordinal);
        Assert.DoesNotContain($"\"t{first + expected}\"", Encoding.UTF8.GetString(target.WrittenSpan), StringComparison.Ordinal);
    }

    private static EmbeddingRequest? Read(string json)
    {
        var request = EmbeddingRequestReader.Read(Encoding.UTF8.GetBytes(json), out var error);
        Assert.Null(error);
        return request;
    }
}
