using GeminiBalance.AdminUi.Pages.Models;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.AdminUi.Tests.Pages;

public sealed class ProfileDraftTests
{
    private static readonly ModelProfileOverride Full = new("level", 128, 24_576, true, "MINIMAL,MEDIUM", false, true, false, true, false, 8, true, false, 65_536);

    [Fact]
    public void Profile_OpenedAndSaved_IsWhatItWas()
    {
        Assert.Equal(Full, ProfileDraft.Of(Full).Profile());
        Assert.Equal(new ModelProfileOverride(), ProfileDraft.Of(null).Profile());
        Assert.All(ProfileDraft.Fields, field => Assert.NotEmpty(ProfileDraft.Of(Full)[field]));
    }

    [Fact]
    public void Number_ThatIsNone_IsNoProfile()
    {
        var draft = ProfileDraft.Of(Full);

        draft[Field("OutputLimit")] = "1.5";
        Assert.Null(draft.Profile());
        draft[Field("OutputLimit")] = " ";
        Assert.Equal(Full with { OutputLimit = null }, draft.Profile());
    }

    private static SettingDefinition Field(string name) => ProfileDraft.Fields.Single(field => field.Name.EndsWith(":" + name, StringComparison.Ordinal));
}
