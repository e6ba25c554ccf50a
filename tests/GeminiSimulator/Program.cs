using GeminiBalance.GeminiSimulator;

try
{
    await SimulatorApp.Build(args).RunAsync();
    return 0;
}
catch (Exception refusal) when (refusal is InvalidOperationException or IOException)
{
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
