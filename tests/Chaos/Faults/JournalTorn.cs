using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>A gateway dies in the middle of a write: its newest segment ends with half a record.</summary>
internal sealed class JournalTorn : IFault
{
    private const int HeadBytes = 32;

    public string Name => "journal-torn";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        for (var i = 0; i < 2; i++)
        {
            await gateway.RestartAsync(RunningGateway.Proxy, i, meanwhile: () => TearAsync(Path.Combine(gateway.FolderOf(RunningGateway.Proxy), "journal"), random.Next(9, 60))).ConfigureAwait(false);
            await gateway.HealthyAsync(RunningGateway.Proxy).ConfigureAwait(false);
            await Task.Delay(random.Next(500, 2000)).ConfigureAwait(false);
        }
    }

    private static async Task TearAsync(string root, int bytes)
    {
        foreach (var folder in Directory.GetDirectories(root).Where(IsLeft))
        {
            if (Directory.GetFiles(folder, "*.segment").Order(StringComparer.Ordinal).LastOrDefault() is not { } newest)
            {
                continue;
            }

            var record = (await File.ReadAllBytesAsync(newest).ConfigureAwait(false)).AsMemory(HeadBytes);
            var file = new FileStream(newest, FileMode.Append, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(record[..Math.Min(bytes, record.Length / 2)]).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether no gateway holds the folder.</summary>
    private static bool IsLeft(string folder)
    {
        try
        {
            using var held = new FileStream(Path.Combine(folder, "owner.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
