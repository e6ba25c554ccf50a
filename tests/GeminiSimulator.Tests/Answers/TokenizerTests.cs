using GeminiBalance.GeminiSimulator.Answers;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Answers;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("   ", 0)]
    [InlineData("word", 1)]
    [InlineData("words", 2)]
    [InlineData("two words.", 4)]
    [InlineData("北京", 2)]
    public void Count_Text_FollowsTheWrittenRule(string text, int tokens) => Assert.Equal(tokens, Tokenizer.Count(text));

    [Fact]
    public void Cut_AnyText_CostsAtMostWhatWasAsked()
    {
        const string text = "several words, 北京 and 😀😀 signs";
        for (var most = 0; most <= Tokenizer.Count(text); most++)
        {
            var cut = Tokenizer.Cut(text, most);
            Assert.StartsWith(cut, text, StringComparison.Ordinal);
            Assert.InRange(Tokenizer.Count(cut), Math.Max(0, most - 1), most);
            Assert.False(cut.Length > 0 && char.IsHighSurrogate(cut[^1]));
        }
    }

    [Fact]
    public void Signature_ChangedByOneCharacter_IsNotValid()
    {
        var signature = ThoughtSignature.Make(new byte[32]);

        Assert.True(ThoughtSignature.IsValid(signature));
        Assert.False(ThoughtSignature.IsValid("B" + signature[1..]));
        Assert.False(ThoughtSignature.IsValid(""));
    }
}
