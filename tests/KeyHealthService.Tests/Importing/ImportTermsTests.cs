using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Importing;

public sealed class ImportTermsTests
{
    private static readonly ImportTerms Terms = new(LabelPrefix: "eu-", Project: "p", Tier: KeyTier.Paid, Tags: ["new", "eu"]);

    [Fact]
    public void Apply_ToABareKey_GivesItEverything()
    {
        var item = Terms.Apply(new ImportItem(7, new Secret("a-key-of-the-test"), null, null, null));

        Assert.Equal(("eu-7", "p", KeyTier.Paid, "new,eu"), (item.Label, item.Project, item.Tier, item.Tags));
    }

    [Fact]
    public void Apply_ToWhatTheTextSays_GoesBehindIt()
    {
        var item = Terms.Apply(new ImportItem(7, new Secret("a-key-of-the-test"), "one", "own", null, KeyTier.Free, "eu,old"));

        Assert.Equal(("eu-one", "own", KeyTier.Free, "eu,old,new"), (item.Label, item.Project, item.Tier, item.Tags));
    }

    [Fact]
    public void Apply_OfNoTerms_ChangesNothing()
    {
        var item = new ImportItem(7, new Secret("a-key-of-the-test"), "one", null, null, null, "old");

        Assert.Equal(item, new ImportTerms().Apply(item));
    }

    [Fact]
    public void Apply_ThatMakesALabelOrTagsTooLong_IsARefusalWithoutTheKey()
    {
        var label = Terms.Apply(new ImportItem(7, new Secret("a-key-of-the-test"), new string('l', 198), null, null));
        var tags = Terms.Apply(new ImportItem(8, new Secret("a-key-of-the-test"), null, null, null, null, string.Join(',', Enumerable.Range(0, 19))));

        Assert.All([label, tags], item => Assert.Null(item.Key));
        Assert.Contains("label", label.Refusal, StringComparison.Ordinal);
        Assert.Contains("tags", tags.Refusal, StringComparison.Ordinal);
    }
}
