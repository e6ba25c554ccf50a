using GeminiBalance.Integration.Tests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LastOrderer))]

namespace GeminiBalance.Integration.Tests;

/// <summary>Runs the secrets sweep last: it looks through everything the other tests have left behind.</summary>
public sealed class LastOrderer : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName.Contains(nameof(SecretsSweepTests), StringComparison.Ordinal)).ThenBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];
}
