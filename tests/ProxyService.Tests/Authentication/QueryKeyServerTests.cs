using GeminiBalance.ProxyService.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Authentication;

public sealed class QueryKeyServerTests
{
    [Theory]
    [InlineData("", "", null)]
    [InlineData("?alt=sse", "?alt=sse", null)]
    [InlineData("?key=sk-gb-1", "", "sk-gb-1")]
    [InlineData("?alt=sse&key=sk-gb-1&$alt=json%3Benum", "?alt=sse&$alt=json%3Benum", "sk-gb-1")]
    [InlineData("?%6Bey=sk%2Dgb-1&a=1", "?a=1", "sk-gb-1")]
    [InlineData("?KEY=sk-gb-1", "", null)]
    [InlineData("?access_token=t&a=b", "?a=b", null)]
    [InlineData("?key", "", "")]
    [InlineData("?key=&a", "?a", "")]
    [InlineData("?key=one&key=two", "", "")]
    [InlineData("?monkey=1&keys=2", "?monkey=1&keys=2", null)]
    public void Strip_TakesCredentialsOutOfTheAddress(string query, string left, string? shown)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { QueryString = query, RawTarget = "/v1beta/models" + query });

        QueryKeyServer.Strip(features);

        var request = features.Get<IHttpRequestFeature>()!;
        Assert.Equal((left, "/v1beta/models" + left), (request.QueryString, request.RawTarget));
        var key = features.Get<QueryAccessKey>();
        Assert.Equal(shown is not null, key is not null);
        Assert.Equal(string.IsNullOrEmpty(shown) ? null : shown, key?.Key?.Reveal());
    }
}
