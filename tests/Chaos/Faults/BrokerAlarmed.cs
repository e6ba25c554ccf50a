using System.Diagnostics;
using GeminiBalance.Chaos.Running;

namespace GeminiBalance.Chaos.Faults;

/// <summary>The broker has run out of memory: it keeps its connections and takes nothing.</summary>
/// <param name="seconds">For how long.</param>
internal sealed class BrokerAlarmed(int seconds) : IFault
{
    private static readonly string[] Tools = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "/opt/rabbitmq/sbin/rabbitmqctl"];

    public string Name => "broker-alarmed";

    public async Task StrikeAsync(RunningGateway gateway, Random random)
    {
        await SetLimitAsync(gateway, "0.00001").ConfigureAwait(false);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        }
        finally
        {
            await SetLimitAsync(gateway, "0.4").ConfigureAwait(false);
        }
    }

    private static async Task SetLimitAsync(RunningGateway gateway, string share)
    {
        var start = new ProcessStartInfo(Array.Find(Tools, File.Exists)!, ["set_vm_memory_high_watermark", share]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // The tool finds the node as the node finds itself.
        var broker = gateway.Replicas(RunningGateway.Messaging)[0].Child!.Pid;
        foreach (var setting in (await File.ReadAllTextAsync($"/proc/{broker}/environ").ConfigureAwait(false)).Split('\0'))
        {
            if (setting.Split('=', 2) is [var name, var value] && (name is "HOME" or "RABBITMQ_NODENAME" or "ERL_EPMD_PORT" or "RABBITMQ_CONF_ENV_FILE"))
            {
                start.Environment[name] = value;
            }
        }

        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The broker's memory limit could not be set: {string.Join(' ', await said.ConfigureAwait(false))}");
        }
    }
}
