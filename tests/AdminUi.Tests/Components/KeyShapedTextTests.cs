using GeminiBalance.AdminUi.Components.Shared;

namespace GeminiBalance.AdminUi.Tests.Components;

public sealed class KeyShapedTextTests
{
    [Theory]
    [InlineData(" AIzaSyA0b1c2d3e4f5g6h7i8j9k0l1m2n3o4p5q ", "4p5q")]
    [InlineData("AQ.Ab8RN6I0b1c2d3e4f5g6h7i8j9k0l1m2n3", "m2n3")]
    [InlineData(" team north ", "team north")]
    [InlineData("my-project-123456", "my-project-123456")]
    [InlineData("a-long-label-of-small-letters", "a-long-label-of-small-letters")]
    [InlineData(null, null)]
    public void WholeKey_IsCutToWhatTheListShows(string? typed, string? searched) => Assert.Equal(searched, KeyShapedText.WithoutKey(typed));

    [Theory]
    [InlineData("sk-gb-Ab12cdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU0", "sk-gb-Ab12")]
    [InlineData("ada", "ada")]
    public void WholeAccessKey_IsCutToWhatTheListShows(string typed, string searched) => Assert.Equal(searched, KeyShapedText.WithoutAccessKey(typed));
}
