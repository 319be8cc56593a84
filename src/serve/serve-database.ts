import { createServer } from 'node:http';
import { basename } from 'node:path';
import { answerRequest } from './answer-request.js';
import { StoreError } from '../store/store-error.js';
import { chooseAddress, listen } from './choose-address.js';
import { eventDefaults, EventStream, type EventStreamOptions } from './event-stream.js';
import { limitConnections } from './limit-connections.js';
import { LiveSite } from './live-site.js';
import { remoteWarning } from './remote-warning.js';
import { servedDatabase } from './served-database.js';
import { startProblem } from './start-problem.js';

export interface ServeOptions {
  readonly database: string;
  /** Names of those to show; none: all. */
  readonly sweeps: readonly string[];
  readonly host: string;
  /** Undefined: the first free one from the default on; 0: any. */
  readonly port: number | undefined;
  readonly allowRemote: boolean;
  /** Told the user: what the report waits for, and failures while it serves, each once. */
  readonly warn: (text: string) => void;
  readonly events?: Partial<EventStreamOptions>;
}

/** A report that is being served. */
export interface Serving {
  readonly url: string;
  /** Pages that follow the database now. */
  readonly followers: () => number;
  /** Ends all connections and closes the database. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the report of a database while sweeps may write it:
 *
 *     look (each second, while pages follow) -> revision -> event
 *       -> page fetches itself -> LiveSite.render
 *
 * A database that isn't there yet, or that `quantsweep run` will bring up to date, is waited for.
 *
 * @throws StoreError for a database that no waiting will mend, UsageError for the address
 */
export async function serveDatabase(options: ServeOptions): Promise<Serving> {
  const address = await chooseAddress(options.host, options.allowRemote);
  const database = servedDatabase(options.database);
  const failed = onceEach(options.warn);
  const eventOptions = { ...eventDefaults, ...options.events };
  const site = new LiveSite(database, {
    name: basename(options.database),
    sweeps: options.sweeps,
    freshMs: eventOptions.lookMs,
    failed,
  });
  const events = new EventStream(() => site.state(), eventOptions);
  const answering = { site, events, host: { asked: options.host, address }, failed };
  const timeouts = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 2000 };
  const server = createServer(timeouts, (request, response) => {
    void answerRequest(request, response, answering);
  });
  // Besides those that follow, browsers open a few connections for pages and assets.
  limitConnections(server, 3 * eventOptions.mostClients, (socket) => events.has(socket));
  try {
    const problem = startProblem(database, options.sweeps);
    if (problem !== null) failed(problem);
    const warning = remoteWarning(address, options.database);
    if (warning !== null) options.warn(warning);
    const port = await listen(server, address, options.port);
    const name = address.includes(':') ? `[${address}]` : address;
    return {
      url: `http://${name}:${port}/`,
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

/**
 * Says each failure once: a database that can't be read fails every second, and at the start with a
 * sentence more.
 */
function onceEach(warn: (text: string) => void): (problem: unknown) => void {
  let last = '';
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    const failure = error instanceof Error && error.cause instanceof StoreError ? error.cause.message : text;
    if (failure !== last) warn(text);
    last = failure;
  };
}
