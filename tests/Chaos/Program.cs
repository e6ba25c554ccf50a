using GeminiBalance.Chaos;

return await Command.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
