import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LiveState } from '../report/served-report.js';

/** How events are sent; tests are in more of a hurry. */
export interface EventStreamOptions {
  /** Between two looks at the database. */
  readonly lookMs: number;
  /** Between two events of news at least. */
  readonly newsMs: number;
  /** Between two signs of life, below what proxies wait. */
  readonly heartbeatMs: number;
  readonly mostClients: number;
}

export const eventDefaults: EventStreamOptions = { lookMs: 1000, newsMs: 2000, heartbeatMs: 15_000, mostClients: 100 };

/**
 * A client that leaves so many bytes unread is let go; it comes back by itself and gets the state
 * as it is then.
 */
const mostUnread = 16_384;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `state` when
 * a client comes and whenever the revision has changed, with the whole state, so that none has to
 * be kept for a slow client. Looks at the database only while there are clients.
 */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #options: EventStreamOptions;
  readonly #state: () => LiveState;
  #looking: NodeJS.Timeout | null = null;
  #beating: NodeJS.Timeout | null = null;
  #told = '';
  #toldAt = -Infinity;

  constructor(state: () => LiveState, options: EventStreamOptions) {
    this.#state = state;
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#options.mostClients;
  }

  /** Whether a connection follows. */
  has(socket: Socket): boolean {
    for (const client of this.#clients) if (client.socket === socket) return true;
    return false;
  }

  /** Sends events into a response whose head is written, until either side closes it. */
  add(response: ServerResponse): void {
    this.#clients.add(response);
    const leave = (): void => {
      this.#clients.delete(response);
      if (this.#clients.size === 0) this.#rest();
    };
    response.once('close', leave);
    response.once('error', leave);
    response.write('retry: 2000\n\n');
    this.#wake();
    const state = this.#state();
    // Of the first client's state all others, there are none, have been told.
    if (this.#clients.size === 1) this.#note(state);
    this.#send(response, eventText(state));
  }

  /** Ends all streams. */
  close(): void {
    this.#rest();
    for (const client of this.#clients) client.end();
  }

  #wake(): void {
    this.#looking ??= setInterval(() => {
      this.#look();
    }, this.#options.lookMs);
    this.#beating ??= setInterval(() => {
      for (const client of this.#clients) this.#send(client, ': still here\n\n');
    }, this.#options.heartbeatMs);
  }

  #rest(): void {
    if (this.#looking !== null) clearInterval(this.#looking);
    if (this.#beating !== null) clearInterval(this.#beating);
    this.#looking = this.#beating = null;
  }

  #look(): void {
    if (performance.now() - this.#toldAt < this.#options.newsMs) return;
    const state = this.#state();
    if (state.revision === this.#told) return;
    this.#note(state);
    for (const client of this.#clients) this.#send(client, eventText(state));
  }

  #note({ revision }: LiveState): void {
    this.#told = revision;
    this.#toldAt = performance.now();
  }

  #send(client: ServerResponse, text: string): void {
    if (client.writableLength > mostUnread) client.destroy();
    else client.write(text);
  }
}

function eventText(state: LiveState): string {
  return `event: state\ndata: ${JSON.stringify(state)}\n\n`;
}
