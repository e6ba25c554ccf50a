using Microsoft.Extensions.Configuration;

// A small application to be killed, stopped and started twice: real servers, and scripts in place of services.
const string Worker = "trap 'echo worker ends; exit 0' TERM; echo worker runs; while :; do sleep 0.1; done";
var builder = DistributedApplication.CreateBuilder(args);
var worker = builder.AddExecutable("worker", "sh", "/", "-c", Worker);
if (builder.Configuration.GetValue("Servers", true))
{
    var database = builder.AddPostgres("postgres").AddDatabase("geminibalance");
    var redis = builder.AddRedis("redis");
    var messaging = builder.AddRabbitMQ("messaging");
    var step = builder.AddExecutable("step", "sh", "/", "-c", "echo step done").WithReference(database).WaitFor(database);
    worker.WithReference(redis).WithReference(messaging).WaitForCompletion(step).WaitFor(redis).WaitFor(messaging);
}

if (builder.Configuration["Stubborn"] is not null)
    builder.AddExecutable("stubborn", "sh", "/", "-c", "trap '' TERM; sleep 1000 & while :; do sleep 0.1; done");

builder.Build().Run();
