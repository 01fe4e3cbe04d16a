// Asking the API: the newest question counts, what went wrong comes in words.

const API = "/api/v1";
const LONGEST_WAIT = 30;
const TRIES = 4;
const WHILE_LOADING = 2;

export class Problem extends Error {
  constructor(error, hint = "", retryAfter = null) {
    super(error);
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

/** Ask again and again until what answers has been loaded; `show` gets every answer. */
export async function untilLoaded(question, show, signal) {
  for (;;) {
    const answer = await question();
    show(answer);
    if (!answer.loading) return;
    await rest(WHILE_LOADING, signal);
  }
}

const rest = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

async function problemOf(answer) {
  if (answer.status === 401) return new Problem("This advisor asks for a token.", "Open /login in this browser.");
  const said = await answer.json().catch(() => ({}));
  const wait = Number(answer.headers.get("Retry-After"));
  const error = typeof said.error === "string" ? said.error : `The server answered ${answer.status}.`;
  return new Problem(error, typeof said.hint === "string" ? said.hint : "", wait > 0 ? Math.min(wait, LONGEST_WAIT) : null);
}

async function once(path, options) {
  let answer;
  try {
    answer = await fetch(API + path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The advisor does not answer.", "Is `thingistat serve` still running?", 3);
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer.json();
}

/** Ask; where the server says when to come back, do so a few times. */
export async function ask(path, { json, form, signal, waiting } = {}) {
  const options = { signal, headers: { Accept: "application/json" } };
  if (json !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(json);
  } else if (form !== undefined) {
    options.method = "POST";
    options.body = form;
  }
  for (let tried = 1; ; tried += 1) {
    try {
      return await once(path, options);
    } catch (error) {
      if (!(error instanceof Problem) || error.retryAfter === null || tried === TRIES) throw error;
      waiting?.(error);
      await rest(error.retryAfter, signal);
    }
  }
}

/** Wrap a question so that only its newest asking goes on, `pause` milliseconds after the last. */
export function newest(question, pause) {
  let timer = null;
  let running = null;
  return (...parts) => {
    clearTimeout(timer);
    running?.abort();
    timer = setTimeout(async () => {
      const mine = new AbortController();
      running = mine;
      try {
        await question(mine.signal, ...parts);
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    }, pause);
  };
}
