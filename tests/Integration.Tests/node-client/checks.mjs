// Runs checks one after the other and prints, as one line of JSON, "ok" or what went wrong for each.
export const baseURL = process.env.OPENAI_BASE_URL;
export const apiKey = process.env.OPENAI_API_KEY;

/** A small red square. */
export const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";

export async function run(checks) {
  const results = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results[name] = "ok";
    } catch (error) {
      results[name] = String(error?.stack ?? error).slice(0, 2000);
    }
  }
  console.log(JSON.stringify(results));
  process.exit(0);
}

/** A fetch that counts, and keeps the last answer's status and headers. */
export function countingFetch() {
  const counting = async (url, init) => {
    counting.calls++;
    const response = await fetch(url, init);
    counting.last = { status: response.status, headers: response.headers };
    return response;
  };
  counting.calls = 0;
  return counting;
}
