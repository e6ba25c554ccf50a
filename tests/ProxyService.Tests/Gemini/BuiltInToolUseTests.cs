using System.Text;
using GeminiBalance.ProxyService.Gemini;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Gemini;

public sealed class BuiltInToolUseTests
{
    [Theory]
    [InlineData("""{"contents":[],"tools":[{"googleSearch":{}}]}""", true)]
    [InlineData("""{"tools":[{"functionDeclarations":[{"name":"f"}]},{"url_context":{}}],"contents":[]}""", true)]
    [InlineData("""{"tools":[{"function_declarations":[{"name":"googleSearch"}],"codeExecution":{}}]}""", true)]
    [InlineData("""{"tools":[{"functionDeclarations":[{"name":"googleSearch","parameters":{"tools":[{"a":1}]}}]}]}""", false)]
    [InlineData("""{"contents":[{"parts":[{"text":"\"tools\":[{\"googleSearch\":{}}]"},{"tools":[{"googleSearch":{}}]}]}]}""", false)]
    [InlineData("""{"tools":[]}""", false)]
    [InlineData("""{"tools":null,"contents":[]}""", false)]
    [InlineData("""{"tools":[{"googleSearch":""", true)]
    [InlineData("""{"contents":"tools" ,"tools":[""", false)]
    [InlineData("", false)]
    public void IsIn_LooksAtTheToolsOnly(string body, bool expected) => Assert.Equal(expected, BuiltInToolUse.IsIn(Encoding.UTF8.GetBytes(body)));
}
