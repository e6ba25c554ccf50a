namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>Keys that look like keys and are none.</summary>
internal static class TestKeys
{
    public static string Standard(int number) => $"AIzaSyTest{number:00000000000000000000000000000}";

    public static string Auth(int number) => $"AQ.Ab8Test{number:000000000000000000000000000000}";

    public static string Lines(int count) => string.Join('\n', Enumerable.Range(0, count).Select(Standard));
}
