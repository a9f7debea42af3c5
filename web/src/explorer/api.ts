// Questions to the server, which can be stopped, and are asked again when it was away.

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };
export type Row = Record<string, Value>;

export interface Column {
  name: string;
  type: string;
  kind: string | null;
}

export interface Rows {
  columns: Column[];
  rows: Row[];
  truncated: boolean;
  sql: string;
  caption: string | null;
  notes: string[];
  trend: { labels: string[]; held: number[][] } | null;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly line?: number,
    readonly column?: number,
  ) {
    super(message);
  }
}

/** Is told what an answer waits for, and the share of it that is done where that is known. */
export type Wait = (why: string, share: number | null) => void;

const PAUSE = 1000;

export function address(path: string, words: URLSearchParams): string {
  return `/api/${path}?${words}`;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PAUSE);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });
}

async function send(
  path: string,
  words: URLSearchParams,
  signal: AbortSignal,
  wait: Wait,
): Promise<Response> {
  const name = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const clock = setInterval(() => void look(name, signal, wait), PAUSE);
  try {
    return await sendNamed(path, words, signal, name);
  } finally {
    clearInterval(clock);
  }
}

/** Ask how far the answer to a question is. */
async function look(name: string, signal: AbortSignal, wait: Wait): Promise<void> {
  try {
    const reply = await fetch(`/api/progress?of=${name}`, { signal });
    const { share } = (await reply.json()) as { share?: number | null };
    if (typeof share === "number") wait("Asking\u2026", share);
  } catch {
    // The question itself says what is wrong.
  }
}

async function sendNamed(
  path: string,
  words: URLSearchParams,
  signal: AbortSignal,
  name: string,
): Promise<Response> {
  // Long SQL does not fit into an address.
  const posts = path === "sql";
  return fetch(posts ? `/api/${path}` : address(path, words), {
    signal,
    headers: { "X-Question": name },
    ...(posts ? { method: "POST", body: words } : {}),
  });
}

/** Ask the server; `wait` is told why that takes long, while it is away or a load is going on. */
export async function ask<T>(
  path: string,
  words: URLSearchParams,
  signal: AbortSignal,
  wait: Wait = () => undefined,
): Promise<T> {
  for (;;) {
    let reply: Response;
    try {
      reply = await send(path, words, signal, wait);
    } catch (error) {
      if (signal.aborted) throw error;
      wait("The server does not answer. Start it again; this page goes on by itself.", null);
      await pause(signal);
      continue;
    }
    const body = (await reply.json()) as T & {
      error?: { message: string; line?: number; column?: number };
    };
    if (!body.error) return body;
    const { message, line, column } = body.error;
    if (reply.status !== 503) throw new ApiError(message, reply.status, line, column);
    wait(`${message}. Trying again.`, null);
    await pause(signal);
  }
}
