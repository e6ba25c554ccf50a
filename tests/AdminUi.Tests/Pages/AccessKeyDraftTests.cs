using GeminiBalance.AdminUi.Pages.AccessKeys;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Pages;

/// <summary>What an operator writes into the form of an access key, as the service reads it.</summary>
public sealed class AccessKeyDraftTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void Create_ListsByCommaOrLine_EmptyOnesMeanAll()
    {
        var create = new AccessKeyDraft { Name = " ci ", Owner = "  ", Models = "gemini-2.5-*,\n gpt-4o ，x；", Addresses = "\n" }.Create(Berlin);

        Assert.Equal("ci", create.Name);
        Assert.Null(create.Owner);
        Assert.Equal(["gemini-2.5-*", "gpt-4o", "x"], create.Models);
        Assert.Null(create.Addresses);
        Assert.Null(create.ExpiresAt);
        Assert.Null(create.Limits);
    }

    [Theory]
    [InlineData("2027-01-15T10:00", "2027-01-15T09:00Z")]
    [InlineData("2027-07-15T10:00", "2027-07-15T08:00Z")]
    [InlineData("2027-03-28T02:30", "2027-03-28T01:30Z")]
    public void Create_TimeOfExpiry_IsMeantInTheZoneOfTheOperator(string wall, string utc)
    {
        var create = new AccessKeyDraft { Name = "ci", Expires = DateTime.Parse(wall, System.Globalization.CultureInfo.InvariantCulture) }.Create(Berlin);

        Assert.Equal(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), create.ExpiresAt);
    }

    [Fact]
    public void Edit_OfNothing_KeepsEverything()
    {
        var expires = new DateTimeOffset(2027, 1, 15, 9, 0, 42, TimeSpan.Zero);
        var key = new AccessKeyView(Guid.Empty, "ci", "sk-gb-Ab12", true, expires.AddDays(-9), expires, 7, "ada", "note", ["a", "b"], ["gemini-2.5-*"], ["10.0.0.0/8"], new AccessKeyLimits(RequestsPerMinute: 60));
        var draft = AccessKeyDraft.Of(key, at => TimeZoneInfo.ConvertTime(at, Berlin));
        draft.Expires = draft.Expires!.Value.AddSeconds(-draft.Expires.Value.Second);

        var edit = draft.Edit(key, Berlin);

        Assert.Equal((7, "ci", expires, "ada", "note", key.Limits), (edit.Version, edit.Name, edit.ExpiresAt, edit.Owner, edit.Note, edit.Limits));
        Assert.Equal(key.Tags, edit.Tags);
        Assert.Equal(key.Models, edit.Models);
        Assert.Equal(key.Addresses, edit.Addresses);
    }
}
