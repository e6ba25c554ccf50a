using System.Diagnostics.Metrics;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>Meters under a name nobody listens to: whoever is given them counts nothing.</summary>
internal sealed class UnheardMeters : IMeterFactory
{
    private readonly Meter meter = new("unheard");

    /// <inheritdoc />
    public Meter Create(MeterOptions options) => meter;

    /// <inheritdoc />
    public void Dispose() => meter.Dispose();
}
