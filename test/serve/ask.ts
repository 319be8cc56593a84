import { request } from 'node:http';

/** What a server answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * One request, with any method, path and headers (a Host of choice included), as browsers would not
 * send it.
 */
export function ask(
  url: string,
  path = '',
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path: `/${path}`, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The state that an event tells. */
export interface ToldState {
  readonly revision: string;
  readonly progress: Readonly<Record<string, string>>;
  readonly trouble: string | null;
}

/** A connection to the server's events. */
export interface Events {
  /** Everything received so far. */
  readonly text: () => string;
  /** The first state, among those received and to come, that the condition holds for. */
  readonly state: (is: (state: ToldState) => boolean) => Promise<ToldState>;
  readonly ended: Promise<void>;
  readonly close: () => void;
}

/** Listens to a server's events. */
export async function listenTo(url: string): Promise<Events> {
  const abort = new AbortController();
  const response = await fetch(new URL('/events', url), { signal: abort.signal });
  let text = '';
  let come = (): void => undefined;
  const read = async (): Promise<void> => {
    if (response.body === null) return;
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      come();
    }
  };
  const ended = read().catch(() => undefined);
  const states = (): ToldState[] =>
    [...text.matchAll(/^event: state\ndata: (.*)\n\n/gm)].map(([, json]) => JSON.parse(json ?? '') as ToldState);
  return {
    text: () => text,
    state: async (is) => {
      for (;;) {
        const found = states().find(is);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (come = resolve));
      }
    },
    ended,
    close: () => {
      abort.abort();
    },
  };
}
