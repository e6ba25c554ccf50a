using System.Globalization;

namespace GeminiBalance.Bench;

/// <summary>What one kind of process has used so far.</summary>
/// <param name="Processor">Processor time, that of ended children included.</param>
/// <param name="Resident">Resident memory in bytes; memory that processes share counts in each of them.</param>
internal readonly record struct KindUse(TimeSpan Processor, long Resident);

/// <summary>Reads what the processes that this one started have used, by kind. Linux only, as the servers here are.</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>Descendants of this process by kind: <c>postgres</c>, <c>rabbitmq</c>, <c>redis</c>, and services by the name of their assembly; <c>bench</c> is this process.</summary>
    public static IReadOnlyDictionary<string, KindUse> Read()
    {
        var all = Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)).Select(TryRead).OfType<Entry>().ToDictionary(entry => entry.Id);
        var kinds = new Dictionary<string, KindUse>(StringComparer.Ordinal);
        foreach (var entry in all.Values.Where(entry => IsOurs(entry, all)))
        {
            var kind = KindOf(entry);
            var so = kinds.GetValueOrDefault(kind);
            kinds[kind] = new KindUse(so.Processor + entry.Processor, so.Resident + entry.Resident);
        }

        return kinds;
    }

    /// <summary>Processor time by kind between two readings, in microseconds for each of so many things.</summary>
    public static string Between(IReadOnlyDictionary<string, KindUse> before, IReadOnlyDictionary<string, KindUse> after, double things) => string.Join(", ", after
        .Select(kind => (kind.Key, Used: (kind.Value.Processor - before.GetValueOrDefault(kind.Key).Processor).TotalMicroseconds / things))
        .Where(kind => kind.Used >= 0.5)
        .OrderByDescending(kind => kind.Used)
        .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Key} {kind.Used:0}")));

    private static bool IsOurs(Entry entry, Dictionary<int, Entry> all)
    {
        for (Entry? at = entry; at is not null; at = all.GetValueOrDefault(at.Parent))
        {
            if (at.Id == Environment.ProcessId)
            {
                return true;
            }
        }

        return false;
    }

    private static string KindOf(Entry entry)
    {
        if (entry.Id == Environment.ProcessId)
        {
            return "bench";
        }

        if (entry.Name is "beam.smp" or "erl_child_setup" or "inet_gethost" or "epmd")
        {
            return "rabbitmq";
        }

        var assembly = entry.CommandLine.Split('\0').FirstOrDefault(argument => argument.EndsWith(".dll", StringComparison.Ordinal));
        return assembly is null ? entry.Name.Split('-', ':')[0] : Path.GetFileNameWithoutExtension(assembly).Replace("GeminiBalance.", "", StringComparison.Ordinal);
    }

    private static Entry? TryRead(string folder)
    {
        try
        {
            // The name stands in brackets and may itself hold anything.
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var nameEnd = stat.LastIndexOf(')');
            var fields = stat[(nameEnd + 2)..].Split(' ');
            var ticks = fields.AsSpan(11, 4).ToArray().Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
            return new Entry(
                int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture),
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..nameEnd],
                File.ReadAllText(Path.Combine(folder, "cmdline")),
                TimeSpan.FromSeconds(ticks / TicksPerSecond),
                long.Parse(fields[21], CultureInfo.InvariantCulture) * Environment.SystemPageSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private sealed record Entry(int Id, int Parent, string Name, string CommandLine, TimeSpan Processor, long Resident);
}
