using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class MediaRequestTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string Jpeg = "/9j/4AAQSkZJRgABAQ==";

    [Theory]
    [InlineData("data:image/png;base64," + Png, "image/png", Png)]
    [InlineData("data:image/JPG;charset=x;base64,/9j/4AAQ\\nSkZJ RgABAQ==", "image/jpeg", Jpeg)]
    [InlineData("data:image\\/png;base64," + Png, "image/png", Png)]
    [InlineData("DATA:image/png;BASE64," + Png, "image/png", Png)]
    [InlineData("data:image/png;base64," + Jpeg, "image/jpeg", Jpeg)]
    [InlineData("data:image/jpeg;base64,_9j_4AAQSkZJRgABAQ", "image/jpeg", Jpeg)]
    [InlineData("data:application/pdf;base64,JVBERi0xLjQK", "application/pdf", "JVBERi0xLjQK")]
    public void G32_DataAddress_BecomesInlineData(string url, string type, string data) =>
        Assert.Equal(new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = type, ["data"] = data } }.ToJsonString(), Part($$$"""{"type":"image_url","image_url":{"url":"{{{url}}}"}}""").ToJsonString());

    [Theory]
    [InlineData("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "unsupported_value")]
    [InlineData("data:image/png;base64,R0lGODlhAQABAAAAACw=", "unsupported_value")]
    [InlineData("data:image/svg+xml;base64,PHN2Zz4=", "unsupported_value")]
    [InlineData("data:image/png;base64,aGVsbG8gd29ybGQhIQ==", "invalid_image")]
    [InlineData("data:image/png;base64,@@@@", "invalid_image")]
    [InlineData("data:image/png;base64,", "invalid_image")]
    [InlineData("data:;base64," + Png, "invalid_image")]
    [InlineData("data:image/png", "invalid_image")]
    [InlineData("ftp://example.test/a.png", "invalid_image_url")]
    [InlineData("http://user:password@example.test/a.png", "invalid_image_url")]
    [InlineData("not an address", "invalid_image_url")]
    public void G35_MediaGeminiDoesNotTake_AreRefused(string url, string code)
    {
        var error = Translated.Refusal($$$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{url}}}"}}]}]}""");

        Assert.Equal((400, code, "messages[0].content[0].image_url.url"), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"UklGRgAAAABXQVZF","format":"wav"}}""", "audio/wav")]
    [InlineData("""{"type":"input_audio","input_audio":{"format":"mp3","data":"SUQzBAAA"}}""", "audio/mp3")]
    [InlineData("""{"type":"file","file":{"filename":"a.pdf","file_data":"JVBERi0xLjQK"}}""", "application/pdf")]
    [InlineData("""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0xLjQK"}}""", "application/pdf")]
    [InlineData("""{"type":"file","file":{"filename":"a.json","file_data":"eyJhIjoxfQ=="}}""", "text/plain")]
    [InlineData("""{"type":"file","file":{"filename":"a.csv","file_data":"data:application/octet-stream;base64,YSxiCg=="}}""", "text/csv")]
    [InlineData("""{"type":"input_video","input_video":{"format":"mp4","data":"AAAAGGZ0eXBtcDQy"}}""", "video/mp4")]
    [InlineData("""{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}""", "image/png")]
    public void SoundsFilesAndFilms_BecomeInlineData(string part, string type) => Assert.Equal(type, (string?)Part(part)["inlineData"]!["mimeType"]);

    [Theory]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"midi"}}""", "unsupported_value", "messages[0].content[0].input_audio.format")]
    [InlineData("""{"type":"input_audio","input_audio":{"format":"wav"}}""", "missing_required_parameter", "messages[0].content[0].input_audio.data")]
    [InlineData("""{"type":"input_audio"}""", "missing_required_parameter", "messages[0].content[0].input_audio")]
    [InlineData("""{"type":"file","file":{"file_id":"file-1"}}""", "invalid_value", "messages[0].content[0].file.file_id")]
    [InlineData("""{"type":"file","file":{"filename":"a.xyz","file_data":"AAAA"}}""", "invalid_image", "messages[0].content[0].file.file_data")]
    [InlineData("""{"type":"image_url","image_url":{"url":5}}""", "invalid_type", "messages[0].content[0].image_url.url")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"tiny"}}""", "invalid_value", "messages[0].content[0].image_url.detail")]
    [InlineData("""{"type":"image_url","text":"x"}""", "missing_required_parameter", "messages[0].content[0].image_url")]
    public void Part_Malformed_IsRefusedByPath(string part, string code, string param)
    {
        var error = Translated.Refusal($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{{part}}]}]}""");

        Assert.Equal((code, param), (error.Code, error.Param));
    }

    [Theory]
    [InlineData("https://www.youtube.com/watch?v=9hE5-98ZeCg")]
    [InlineData("https://youtu.be/9hE5-98ZeCg")]
    [InlineData("https://m.youtube.com/watch?v=9hE5-98ZeCg")]
    [InlineData("https://www.youtube.com/shorts/9hE5-98ZeCg")]
    [InlineData("https://m.youtube.com/shorts/9hE5-98ZeCg")]
    [InlineData("https://youtube.com/live/9hE5-98ZeCg?feature=share")]
    [InlineData("https://www.youtube.com/embed/9hE5-98ZeCg")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/files/abc")]
    public void AddressOnlyGeminiCanOpen_IsPassedOn(string url) =>
        Assert.Equal(url, (string?)Part($$$"""{"type":"video_url","video_url":{"url":"{{{url}}}"}}""")["fileData"]!["fileUri"]);

    [Theory]
    [InlineData("""{"type":"video_url","video_url":{"url":"data:text/plain,hello"}}""", "video_url.url")]
    [InlineData("""{"type":"input_video","input_video":{"url":"data:text/html;base64,PGI+"}}""", "input_video.url")]
    [InlineData("""{"type":"input_video","input_video":{"data":"data:text/plain;base64,aGVsbG8="}}""", "input_video.data")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:application/json;base64,e30="}}""", "image_url.url")]
    public void TextInThePlaceOfAFilm_IsRefused(string part, string field)
    {
        var error = Translated.Refusal($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{{part}}]}]}""");

        Assert.Equal(("invalid_image", "messages[0].content[0]." + field), (error.Code, error.Param));
    }

    [Theory]
    [InlineData("""{"type":"text","text":"x","image_url":null,"input_audio":null,"file":null,"refusal":null}""", "{\"text\":\"x\"}")]
    [InlineData("""{"type":"image_url","text":null,"video_url":null,"image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==","detail":null,"format":null}}""", null)]
    [InlineData("""{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0xLjQK","data":null,"url":null,"file_id":null,"filename":null,"format":null}}""", null)]
    public void FieldsOfOtherKinds_MayBeNull(string part, string? written)
    {
        var node = Part(part);

        Assert.True(written is null ? node["inlineData"] is not null : written == node.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"text","text":null}""", "text")]
    [InlineData("""{"type":"image_url","image_url":null}""", "image_url")]
    [InlineData("""{"type":"image_url","image_url":{"url":null}}""", "image_url.url")]
    public void NullInThePlaceOfWhatIsNeeded_IsMissing(string part, string field)
    {
        var error = Translated.Refusal($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{{part}}]}]}""");

        Assert.Equal(("missing_required_parameter", "messages[0].content[0]." + field), (error.Code, error.Param));
    }

    [Theory]
    [InlineData("gemini-3-flash-preview", "high", null, "MEDIA_RESOLUTION_HIGH")]
    [InlineData("gemini-2.5-flash", "low", "MEDIA_RESOLUTION_LOW", null)]
    [InlineData("gemini-2.5-flash", "auto", null, null)]
    public void Detail_IsSaidPerPart_OrForAll(string model, string detail, string? global, string? perPart)
    {
        var written = Translated.Request($$$"""{"model":"{{{model}}}","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}","detail":"{{{detail}}}"}}]}]}""");

        Assert.Equal(global, (string?)written["generationConfig"]!["mediaResolution"]);
        Assert.Equal(perPart, (string?)written["contents"]![0]!["parts"]![0]!["mediaResolution"]?["level"]);
    }

    [Fact]
    public void G36_TextThatLooksLikeAnImage_IsLeftAlone() =>
        Assert.Equal($"![x](data:image/png;base64,{Png})", (string?)Part($$"""{"type":"text","text":"![x](data:image/png;base64,{{Png}})"}""")["text"]);

    [Fact]
    public void MediaInSystemMessages_AreRefused() =>
        Assert.Equal("messages[0].content[0].image_url.url", Translated.Refusal($$$"""{"model":"gemini-2.5-flash","messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}"}}]},{"role":"user","content":"q"}]}""").Param);

    [Theory]
    [InlineData("gemini-3-flash-preview")]
    [InlineData("gemini-2.5-flash")]
    public void MediaInToolResults_GoInside_OrBeside(string model)
    {
        var written = Translated.Request($$$"""
            {"model":"{{{model}}}","messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}"}}]}]}
            """)["contents"]![2]!["parts"]!;

        Assert.Equal("see", (string?)written[0]!["functionResponse"]!["response"]!["output"]);
        Assert.Equal(Png, (string?)(model.StartsWith("gemini-3", StringComparison.Ordinal) ? written[0]!["functionResponse"]!["parts"]![0] : written[1])!["inlineData"]!["data"]);
    }

    private static JsonNode Part(string part) => Translated.Request($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{{part}}]}]}""")["contents"]![0]!["parts"]![0]!;
}
