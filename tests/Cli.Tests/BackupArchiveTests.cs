using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace GeminiBalance.Cli.Tests;

/// <summary>What a backup file must be before anything is touched.</summary>
public sealed class BackupArchiveTests : IDisposable
{
    private const string Key = "an-encryption-key-of-at-least-32-characters";

    private readonly TemporaryFolder folder = new();
    private readonly byte[] dump = RandomNumberGenerator.GetBytes(300_000);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Archive_ReadBack_IsWhatWasWritten_AndHoldsNoKey()
    {
        var file = await WriteAsync();
        byte[] read = [];

        var manifest = await BackupArchive.CheckAsync(file);
        await BackupArchive.ReadAsync(file, async (_, stream) =>
        {
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            read = copy.ToArray();
        });

        Assert.Equal(Manifest(), manifest);
        Assert.Equal(dump, read);
        Assert.DoesNotContain(Key, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archive_CutOffOrChanged_IsRefusedByName()
    {
        var file = await WriteAsync();
        var whole = await File.ReadAllBytesAsync(file);
        foreach (var length in (int[])[0, 100, 511, 512, 1500, whole.Length / 2, whole.Length - 1100])
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            await RefusedAsync(file);
        }

        foreach (var at in (int[])[whole.Length / 2, whole.Length - 100_000])
        {
            var changed = whole.ToArray();
            changed[at] ^= 0xFF;
            await File.WriteAllBytesAsync(file, changed);
            await RefusedAsync(file);
        }
    }

    [Theory]
    [InlineData("no archive at all")]
    [InlineData("")]
    public async Task File_OfAnotherKind_IsRefusedByName(string text)
    {
        var file = folder.In("other");
        await File.WriteAllTextAsync(file, text);

        await RefusedAsync(file);
    }

    [Fact]
    public async Task Archive_OfALaterForm_NamesTheVersionThatWroteIt()
    {
        var file = await WriteAsync(Manifest() with { Format = 2, Version = "9.8.7" });

        var refused = await Assert.ThrowsAsync<CliException>(() => BackupArchive.CheckAsync(file));

        Assert.Contains("9.8.7", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_ChecksTheKeyGiven_ElseTheOneOfTheFolder()
    {
        var missing = Assert.Throws<CliException>(() => RestoreVerb.CheckKey(folder.Path, Manifest(), null));
        RestoreVerb.CheckKey(folder.Path, Manifest(), Key);
        await File.WriteAllTextAsync(folder.In("parameters.json"), $$"""{"encryption-key":"{{Key}}"}""");
        RestoreVerb.CheckKey(folder.Path, Manifest(), null);
        RestoreVerb.CheckKey(folder.Path, Manifest(), "");
        var other = Assert.Throws<CliException>(() => RestoreVerb.CheckKey(folder.Path, Manifest(), Key + "!"));

        Assert.All([missing, other], refused => Assert.Contains("Parameters__encryption_key", refused.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(Key, other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BackupProfile_PrintsWhoseDataItIs_WithoutTheKey()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var code = await CommandLine.RunAsync([folder.Path, "backup-profile", await WriteAsync()], output, error);

        Assert.Equal((0, "demo" + Environment.NewLine, ""), (code, output.ToString(), error.ToString()));
    }

    [Fact]
    public async Task RestoreCheck_NeedsTheKeyOfTheFolder()
    {
        using var error = new StringWriter();
        var file = await WriteAsync();

        Assert.Equal(1, await CommandLine.RunAsync([folder.Path, "restore-check", file], TextWriter.Null, error));
        await File.WriteAllTextAsync(folder.In("parameters.json"), $$"""{"encryption-key":"{{Key}}"}""");
        Assert.Equal(0, await CommandLine.RunAsync([folder.Path, "restore-check", file], TextWriter.Null, TextWriter.Null));

        Assert.Contains("Parameters__encryption_key", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_WhereNothingRuns_SaysSo()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.Equal(1, await CommandLine.RunAsync([folder.Path, "backup", folder.In("file")], output, error));
        Assert.Contains("Nothing runs", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static async Task RefusedAsync(string file)
    {
        var refused = await Assert.ThrowsAsync<CliException>(() => BackupArchive.CheckAsync(file));
        Assert.StartsWith(file, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was changed.", refused.Message, StringComparison.Ordinal);
    }

    private BackupManifest Manifest() => new(
        BackupArchive.Format, "1.2.3", new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero), "15.1", "demo", Guid.Empty.ToString(), BackupArchive.KeyCheck(Key), dump.Length, Convert.ToHexStringLower(SHA256.HashData(dump)));

    private async Task<string> WriteAsync(BackupManifest? manifest = null)
    {
        var file = folder.In("system.backup");
        await using var target = PrivateFile.Create(file);
        using var source = new MemoryStream(dump);
        await BackupArchive.WriteAsync(target, manifest ?? Manifest(), source);
        return file;
    }
}
