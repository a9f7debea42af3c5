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

async function send(path: string, words: URLSearchParams, signal: AbortSignal): Promise<Response> {
  // Long SQL does not fit into an address.
  const posts = path === "sql";
  return fetch(posts ? `/api/${path}` : address(path, words), {
    signal,
    ...(posts ? { method: "POST", body: words } : {}),
  });
}

/** Ask the server; `wait` is told why that takes long, while it is away or a load is going on. */
export async function ask<T>(
  path: string,
  words: URLSearchParams,
  signal: AbortSignal,
  wait: (why: string) => void = () => undefined,
): Promise<T> {
  for (;;) {
    let reply: Response;
    try {
      reply = await send(path, words, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      wait("The server does not answer. Start it again; this page goes on by itself.");
      await pause(signal);
      continue;
    }
    const body = (await reply.json()) as T & {
      error?: { message: string; line?: number; column?: number };
    };
    if (!body.error) return body;
    const { message, line, column } = body.error;
    if (reply.status !== 503) throw new ApiError(message, reply.status, line, column);
    wait(`${message}. Trying again.`);
    await pause(signal);
  }
}
