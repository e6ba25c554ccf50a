using System.Diagnostics.Metrics;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Reporting.Journaling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

/// <summary>A journal in a folder of its own, on a disk that fails when told to.</summary>
internal sealed class JournalRig : IDisposable
{
    private readonly bool ownsRoot;

    public JournalRig(JournalOptions? options = null, string? root = null)
    {
        ownsRoot = root is null;
        Root = root ?? Directory.CreateTempSubdirectory("gb-journal-").FullName;
        Options = options ?? new JournalOptions();
        Metrics = new JournalMetrics(Meters);
        Store = new JournalStore(JournalFolder.Claim(Root));
        Journal = new Journal(Store, Disk, Monitor, Time, NullLogger<Journal>.Instance);
        Recovery = new JournalRecovery(Metrics, NullLogger<JournalRecovery>.Instance);
        Keeper = new JournalKeeper(Journal, Store, Recovery, Monitor, Time, NullLogger<JournalKeeper>.Instance);
    }

    public string Root { get; }

    public JournalOptions Options { get; }

    public FailingDisk Disk { get; } = new();

    public ManualTime Time { get; } = new();

    public Meters Meters { get; } = new();

    public JournalMetrics Metrics { get; }

    public JournalStore Store { get; }

    public Journal Journal { get; }

    public JournalRecovery Recovery { get; }

    public JournalKeeper Keeper { get; }

    /// <summary>What the pump finds wrong.</summary>
    public CountedErrors<JournalPump> Complaints { get; } = new();

    public IOptionsMonitor<JournalOptions> Monitor => new Fixed(Options);

    /// <summary>Does what the keeper does at the start of the process.</summary>
    public async Task<IReadOnlyList<RequestFact>> RecoverAsync()
    {
        var orphans = Recovery.Run(Store);
        foreach (var orphan in orphans)
        {
            await Journal.RecordAsync(orphan, null);
        }

        JournalRecovery.Settle(Store);
        return orphans;
    }

    /// <summary>All facts that can be read from the disk.</summary>
    public List<RequestFact> FactsOnDisk()
    {
        var facts = new List<RequestFact>();
        foreach (var segment in Store.Segments)
        {
            using var reader = new SegmentReader(segment, 0);
            while (reader.TryRead(out var kind, out var body))
            {
                if (kind == JournalRecordKind.Fact)
                {
                    facts.Add(SegmentReader.ReadFact(body)!);
                }
            }
        }

        return facts;
    }

    public JournalPump Pump(Func<RequestsCompleted, Task> publish, Func<CancellationToken, Task>? hang = null) =>
        new(Store, Journal, async (batch, cancel) =>
        {
            await (hang?.Invoke(cancel) ?? Task.CompletedTask);
            await publish(batch);
        }, new ReplicaName("proxy-1"), Metrics, Time, Complaints)
        {
            PublishTimeout = TimeSpan.FromMilliseconds(300),
            RetryDelay = TimeSpan.FromMilliseconds(10),
            ReadAgainDelay = TimeSpan.FromMilliseconds(10),
        };

    public static RequestFact Fact(long tokens = 30, string? model = "gemini-2.5-flash") => new(
        Guid.CreateVersion7(), new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), RequestOperation.ChatCompletion, RequestOutcome.Succeeded, 200, null, model, model,
        Guid.CreateVersion7(), Guid.CreateVersion7(), [], null, false, new TokenUsage(10, tokens - 10, 0, 0, 0, tokens), null, 12.5, null);

    public static RequestStart Start(Guid id, int promptBytes = 400) => new(
        id, new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), RequestOperation.ChatCompletion, Guid.CreateVersion7(), Guid.CreateVersion7(), "gemini-2.5-flash", true, promptBytes, null);

    /// <summary>Leaves as a process does that is killed: nothing is closed in order.</summary>
    public void Dispose()
    {
        Journal.Dispose();
        Store.Dispose();
        if (ownsRoot)
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    private sealed class Fixed(JournalOptions value) : IOptionsMonitor<JournalOptions>
    {
        public JournalOptions CurrentValue => value;

        public JournalOptions Get(string? name) => value;

        public IDisposable? OnChange(Action<JournalOptions, string?> listener) => null;
    }
}

/// <summary>A disk that fails when told to, after having written a part.</summary>
internal sealed class FailingDisk : JournalDisk
{
    public bool IsFull { get; set; }

    /// <summary>What it says when it is full, instead of what the system says itself.</summary>
    public Exception? Complaint { get; set; }

    public bool CannotFlush { get; set; }

    public int Flushes { get; private set; }

    private readonly Dictionary<SafeFileHandle, string> files = [];
    private readonly Dictionary<string, long> lasting = [];

    public override SafeFileHandle Create(string path)
    {
        if (IsFull)
        {
            throw Complaint ?? new IOException("No space left on device");
        }

        var handle = base.Create(path);
        lock (files)
        {
            files[handle] = path;
        }

        return handle;
    }

    /// <summary>Takes away what no flush has brought to the disk, as a power cut does.</summary>
    public void LosePower()
    {
        lock (files)
        {
            foreach (var path in files.Values)
            {
                if (lasting.TryGetValue(path, out var length))
                {
                    using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                    RandomAccess.SetLength(file, length);
                }
                else
                {
                    File.Delete(path);
                }
            }
        }
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (IsFull)
        {
            base.Write(file, bytes[..(bytes.Length / 2)], offset);
            if (Complaint is not null || !OperatingSystem.IsLinux())
            {
                throw Complaint ?? new IOException("No space left on device");
            }

            // A device that has no room for anything (full(4)): what comes is the system's own word.
            using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            base.Write(full, bytes[(bytes.Length / 2)..], 0);
        }

        base.Write(file, bytes, offset);
    }

    public override void Flush(SafeFileHandle file)
    {
        if (CannotFlush)
        {
            throw new IOException("Input/output error");
        }

        Flushes++;
        var length = RandomAccess.GetLength(file);
        base.Flush(file);
        lock (files)
        {
            lasting[files[file]] = length;
        }
    }
}

/// <summary>A clock that stands until it is moved; delays run by the real one.</summary>
internal sealed class ManualTime : TimeProvider
{
    private TimeSpan ahead;

    public void Advance(TimeSpan by) => ahead += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(ahead.TotalSeconds * TimestampFrequency);
}

/// <summary>Counts the errors that are logged.</summary>
internal sealed class CountedErrors<T> : ILogger<T>
{
    private int count;

    public int Count => Volatile.Read(ref count);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Interlocked.Increment(ref count);
        }
    }
}

/// <summary>Makes meters and sums what they count.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly Dictionary<string, long> sums = [];
    private readonly MeterListener listener = new();
    private readonly List<Meter> made = [];

    public Meters()
    {
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (made.Contains(instrument.Meter))
            {
                itself.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
    }

    public long this[string name] => sums.GetValueOrDefault(name);

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        made.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        listener.Dispose();
        made.ForEach(meter => meter.Dispose());
    }
}
