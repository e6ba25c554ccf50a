using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

public sealed class DiskPoolCopyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pool-copy-").FullName;
    private readonly PoolSnapshot first = new(Guid.CreateVersion7(), 1, [new PoolKey(Guid.CreateVersion7(), new EncryptedSecret(1, "AAAA"), "p")], [], [new PoolAccessKey(Guid.CreateVersion7(), "n", "hash-of-an-access-key", true, null)]);

    private string File => Path.Combine(folder, "pool.json");

    [Fact]
    public async Task Copy_ComesBack_AndIsUnreadableForOthers()
    {
        await Copy().SaveAsync(first, TestContext.Current.CancellationToken);

        var loaded = await Copy().LoadAsync(TestContext.Current.CancellationToken);

        Assert.Equal((first.Epoch, first.Sequence, first.Keys[0]), (loaded!.Epoch, loaded.Sequence, loaded.Keys[0]));
        Assert.DoesNotContain("hash-of-an-access-key", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Fact]
    public async Task Copy_TamperedWith_IsRefused_AndTheOneBeforeServes()
    {
        await Copy().SaveAsync(first, TestContext.Current.CancellationToken);
        await Copy().SaveAsync(first with { Sequence = 2 }, TestContext.Current.CancellationToken);
        var text = await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken);
        var middle = text.Length / 2;
        await System.IO.File.WriteAllTextAsync(File, text[..middle] + (text[middle] == 'A' ? 'B' : 'A') + text[(middle + 1)..], TestContext.Current.CancellationToken);

        Assert.Equal(1, (await Copy().LoadAsync(TestContext.Current.CancellationToken))!.Sequence);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{\"keyVersion\":1,\"data\":\"AAAA\"}")]
    [InlineData("{}")]
    public async Task Copy_ThatIsNone_IsRefused(string content)
    {
        await System.IO.File.WriteAllTextAsync(File, content, TestContext.Current.CancellationToken);

        Assert.Null(await Copy().LoadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Copy_OfAnotherEncryptionKey_IsRefused()
    {
        await Copy().SaveAsync(first, TestContext.Current.CancellationToken);

        Assert.Null(await Copy("another-encryption-key-another-encryption-key").LoadAsync(TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private DiskPoolCopy Copy(string key = "encryption-key-encryption-key-encryption-key") =>
        new(Options.Create(new PoolOptions { DiskCopy = File }), new SecretEncryption(Options.Create(new EncryptionOptions { Key = key })), NullLogger<DiskPoolCopy>.Instance);
}
