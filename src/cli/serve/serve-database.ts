import { createServer } from 'node:http';
import { basename } from 'node:path';
import { answerRequest } from './answer-request.js';
import { isLoopback } from './allowed-hosts.js';
import { chooseAddress, listen } from './choose-address.js';
import { eventDefaults, EventStream, type EventStreamOptions } from './event-stream.js';
import { LiveSite } from './live-site.js';
import { openServedDatabase } from './served-database.js';

export interface ServeOptions {
  readonly database: string;
  readonly host: string;
  /** Undefined: the first free one from the default on; 0: any. */
  readonly port: number | undefined;
  readonly allowRemote: boolean;
  /** Said to the user while it serves: failures of single pages, once each. */
  readonly warn: (text: string) => void;
  readonly events?: Partial<EventStreamOptions>;
}

/** A report that is being served. */
export interface Serving {
  readonly url: string;
  readonly address: string;
  /** True where other machines may reach it. */
  readonly isRemote: boolean;
  readonly sweeps: number;
  /** Pages that follow the database now. */
  readonly followers: () => number;
  /** Ends all connections and closes the database. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the report of a database while sweeps may write it:
 *
 *     look (each second, while pages follow) -> revision -> event -> page fetches itself -> LiveSite.render
 *
 * @throws StoreError for the database, UsageError for the address
 */
export async function serveDatabase(options: ServeOptions): Promise<Serving> {
  const address = await chooseAddress(options.host, options.allowRemote);
  const database = openServedDatabase(options.database);
  const failed = onceEach(options.warn);
  const eventOptions = { ...eventDefaults, ...options.events };
  const site = new LiveSite(database, basename(options.database), eventOptions.lookMs);
  const events = new EventStream(() => site.state(), failed, eventOptions);
  const answering = { site, events, host: { asked: options.host, address }, failed };
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 20_000 }, (request, response) => {
    void answerRequest(request, response, answering);
  });
  // Besides those that follow, browsers open a few connections for pages and assets.
  server.maxConnections = 3 * eventOptions.mostClients;
  try {
    const sweeps = Number(database.queries().query('SELECT count(*) FROM v_sweep').rows[0]?.[0]);
    const port = await listen(server, address, options.port);
    const name = address.includes(':') ? `[${address}]` : address;
    return {
      url: `http://${name}:${port}/`,
      address,
      isRemote: !isLoopback(address),
      sweeps,
      followers: () => events.clients,
      close,
    };
  } catch (error) {
    database.close();
    throw error;
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    events.close();
    server.closeAllConnections();
    await closed;
    database.close();
  }
}

/** Says each failure once: a database that can't be read fails every second. */
function onceEach(warn: (text: string) => void): (error: unknown) => void {
  let last = '';
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    if (text !== last) warn(text);
    last = text;
  };
}
