using CsCheck;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Security;

public sealed class AccessKeyFormatTests
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    [Fact]
    public void Generate_Always_IsWellFormedAndNew()
    {
        var keys = Enumerable.Range(0, 200).Select(_ => AccessKeyFormat.Generate().Reveal()).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(200, keys.Count);
        Assert.All(keys, key => Assert.True(AccessKeyFormat.IsWellFormed(key)));
        Assert.All(keys, key => Assert.Equal(AccessKeyFormat.Length, key.Length));
    }

    [Fact]
    public void IsWellFormed_AnyOneCharacterChanged_IsFalse()
    {
        var key = AccessKeyFormat.Generate().Reveal();
        Gen.Select(Gen.Int[0, key.Length - 1], Gen.Char[Alphabet]).Sample((at, c) =>
        {
            var changed = key[..at] + c + key[(at + 1)..];
            return changed == key || !AccessKeyFormat.IsWellFormed(changed);
        });
    }

    [Fact]
    public void IsWellFormed_TwoCharactersSwapped_IsFalse()
    {
        var key = AccessKeyFormat.Generate().Reveal();
        Gen.Select(Gen.Int[0, key.Length - 1], Gen.Int[0, key.Length - 1]).Sample((one, other) =>
        {
            var changed = key.ToCharArray();
            (changed[one], changed[other]) = (changed[other], changed[one]);
            return changed.AsSpan().SequenceEqual(key) || !AccessKeyFormat.IsWellFormed(changed);
        });
    }

    [Fact]
    public void IsWellFormed_AnyText_AnswersWithoutFailing() => Gen.String.Sample(text => !AccessKeyFormat.IsWellFormed(text) && !AccessKeyFormat.IsWellFormed(AccessKeyFormat.Prefix + text));

    [Fact]
    public void DisplayPrefix_ShowsFourCharactersOfTheRandomPart()
    {
        var key = AccessKeyFormat.Generate();

        Assert.Equal(key.Reveal()[..10], AccessKeyFormat.DisplayPrefix(key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sk-gb-")]
    [InlineData("sk-123456")]
    [InlineData("AIzaSyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void IsWellFormed_OtherTexts_IsFalse(string text) => Assert.False(AccessKeyFormat.IsWellFormed(text));

    [Fact]
    public void Hash_IsSha256InLowerCaseHex() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", AccessKeyFormat.Hash("abc"));

    [Fact]
    public void Hash_OfAVeryLongText_DoesNotFail() => Assert.Equal(64, AccessKeyFormat.Hash(new string('é', 5000)).Length);
}
