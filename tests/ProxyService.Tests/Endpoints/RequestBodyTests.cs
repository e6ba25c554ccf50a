using GeminiBalance.ProxyService.Endpoints;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class RequestBodyTests
{
    [Theory]
    [InlineData(null, 4096, 8192)]
    [InlineData(5000L, 5000, 8192)]
    [InlineData(100_000L, 100_000, 131_072)]
    [InlineData(20_000_000L, 65_536, 131_072)]
    public void Buffer_TakesNoMoreOnAClientsWordThanAnUsualBodyNeeds(long? told, int least, int most)
    {
        using var buffer = RequestBody.Buffer(new DefaultHttpContext { Request = { ContentLength = told } }.Request);

        Assert.InRange(buffer.GetMemory().Length, least, most);
    }
}
