using GeminiBalance.AdminUi.Pages.Keys;
using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Pages;

public sealed class EditKeyTests
{
    [Fact]
    public void OnlyWhatWasChanged_IsAskedFor()
    {
        var key = Samples.Key(KeyStatus.Healthy) with { Label = "team", Project = null };

        Assert.Equal(new EditKey("team two", null), EditKeyDialog.Asked(key, "team two", "", newProject: false));
        Assert.Equal(new EditKey(null, "p-1", NewProject: true), EditKeyDialog.Asked(key, "team", "p-1", newProject: true));
        Assert.Equal(new EditKey("", null), EditKeyDialog.Asked(key, "", "", newProject: false));
        Assert.Equal(new EditKey(null, ""), EditKeyDialog.Asked(key with { Project = "p-1" }, "team", "", newProject: false));
    }
}
