using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class StopOrderTests
{
    [Fact]
    public void Users_StopBeforeWhatTheyUse()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var database = builder.AddPostgres("postgres").AddDatabase("db");
        var redis = builder.AddRedis("redis");
        var backend = builder.AddExecutable("backend", "true", "/").WithReference(database).WaitFor(database);
        builder.AddExecutable("frontend", "true", "/").WithReference(redis).WaitFor(backend);

        var order = StopOrder.Of(builder.Resources).Select(s => s.Resource.Name).ToList();

        Assert.True(order.IndexOf("frontend") < order.IndexOf("backend"));
        Assert.True(order.IndexOf("frontend") < order.IndexOf("redis"));
        Assert.True(order.IndexOf("backend") < order.IndexOf("postgres"));
    }

    [Fact]
    public void Circle_IsNotWaitedForForEver()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var a = builder.AddResource(new ProjectResource("a"));
        var b = builder.AddResource(new ProjectResource("b")).WithReference(a);
        a.WithReference(b);

        var order = StopOrder.Of(builder.Resources);

        Assert.Equal(2, order.Count);
        for (var i = 0; i < order.Count; i++)
            Assert.All(order[i].Users, user => Assert.Contains(user, order.Take(i).Select(s => s.Resource)));
    }
}
