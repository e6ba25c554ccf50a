using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folder_New_IsPrivate()
    {
        using var data = DataFolder.Open(_folder.New("data"));

        Assert.Equal(PrivateFiles.FolderMode, File.GetUnixFileMode(data.Path));
        Assert.Equal(PrivateFiles.FolderMode, File.GetUnixFileMode(data.FolderOf("redis")));
    }

    [Fact]
    public void Folder_Held_IsRefusedWithItsHolder()
    {
        using var first = DataFolder.Open(_folder.New("data"));

        var refusal = Assert.Throws<DistributedApplicationException>(() => DataFolder.Open(first.Path));

        Assert.Contains($"in use by another AppHost (process {Environment.ProcessId})", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_Released_IsOpenedAgain()
    {
        DataFolder.Open(_folder.New("data")).Dispose();

        using var again = DataFolder.Open(_folder.New("data"));

        Assert.True(Directory.Exists(again.Path));
    }

    [Fact]
    public void Folder_WithOtherThings_IsRefused()
    {
        File.WriteAllText(_folder.New("thesis.txt"), "");

        var refusal = Assert.Throws<DistributedApplicationException>(() => DataFolder.Open(_folder.Path));

        Assert.Contains("holds other things", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Folder_ThatIsAFile_IsRefused()
    {
        File.WriteAllText(_folder.New("data"), "");

        Assert.Throws<DistributedApplicationException>(() => DataFolder.Open(_folder.New("data")));
    }
}
