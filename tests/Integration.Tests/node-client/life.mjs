// An access key through its life, by the official npm client: one call, or calls until its limit says no.
import OpenAI from "openai";

const [model = "gemini-2.5-flash", most = "1"] = process.argv.slice(2);
const client = new OpenAI({ maxRetries: 0 });
const told = { served: 0, status: null, code: null, retryAfter: null, model: null };
for (let i = 0; i < Number(most) && told.status === null; i++) {
  try {
    const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content: `call ${i} of a life` }] });
    told.served++;
    told.model = answer.model;
  } catch (error) {
    told.status = error.status ?? 0;
    told.code = error.code ?? null;
    told.retryAfter = error.headers?.get("retry-after") ?? null;
  }
}
console.log(JSON.stringify(told));
