// An agent framework: several tools over several turns, on a model that refuses a history without its thought signatures.
import assert from "node:assert/strict";
import { Agent, OpenAIChatCompletionsModel, Runner, setTracingDisabled, tool, user } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { run } from "./checks.mjs";

setTracingDisabled(true);
const model = new OpenAIChatCompletionsModel(new OpenAI({ maxRetries: 0 }), "gemini-3.8-flash");
const runner = new Runner({ tracingDisabled: true });
const calls = [];
const tools = ["get_weather", "book_table"].map((name) =>
  tool({
    name,
    description: `Does ${name}.`,
    parameters: z.object({ city: z.string() }),
    execute: async () => {
      calls.push(name);
      return `${name} is done`;
    },
  }),
);
const agent = new Agent({ name: "Planner", instructions: "Plan an evening.", model, tools });

await run({
  turns: async () => {
    const first = await runner.run(agent, "please use get_weather");
    assert.match(String(first.finalOutput), /get_weather gave .*get_weather is done/);
    assert.deepEqual(calls, ["get_weather"]);

    const second = await runner.run(agent, [...first.history, user("now get_weather and book_table together")]);
    assert.match(String(second.finalOutput), /book_table is done/);
    assert.deepEqual(calls.slice(1).sort(), ["book_table", "get_weather"]);

    const third = await runner.run(agent, [...second.history, user("thank you")]);
    assert.match(String(third.finalOutput), /thank you/);
    assert.equal(calls.length, 3);
  },

  streamedTurns: async () => {
    calls.length = 0;
    const first = await runner.run(agent, "please use book_table", { stream: true });
    await first.completed;
    assert.match(String(first.finalOutput), /book_table is done/);
    const second = await runner.run(agent, [...first.history, user("and get_weather please")], { stream: true });
    await second.completed;
    assert.match(String(second.finalOutput), /get_weather is done/);
    assert.deepEqual(calls, ["book_table", "get_weather"]);
  },

  structuredOutput: async () => {
    const planner = new Agent({ name: "Writer", instructions: "Write a plan.", model, outputType: z.object({ title: z.string(), steps: z.array(z.string()) }) });
    const result = await runner.run(planner, "write");
    assert.equal(typeof result.finalOutput.title, "string");
    assert.ok(Array.isArray(result.finalOutput.steps));
  },
});
