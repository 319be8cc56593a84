import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { loopbackPort } from './loopback-port.js';

/** What the network does. */
type Condition = 'healthy' | 'stalled' | 'cut';

/** A network between a client and a server on loopback that can fail. */
export class TcpProxy {
  readonly port: number;
  readonly #target: number;
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>();
  #listener: Server | null;
  #condition: Condition = 'healthy';

  private constructor(port: number, target: number, listener: Server) {
    this.port = port;
    this.#target = target;
    this.#listener = this.#accepting(listener);
  }

  static async start(target: number): Promise<TcpProxy> {
    for (let attempt = 1; ; attempt++) {
      const port = loopbackPort();
      const listener = await listenOn(port);
      if (listener !== null) return new TcpProxy(port, target, listener);
      if (attempt === 20) throw new Error('Expected a free port on loopback; 20 were taken');
    }
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Destroys all connections and refuses new ones. */
  async cut(): Promise<void> {
    this.#condition = 'cut';
    const listener = this.#listener;
    this.#listener = null;
    const closed = listener === null ? null : new Promise((resolve) => listener.close(resolve));
    for (const pair of this.#pairs) this.#destroy(pair);
    await closed;
  }

  /** Keeps connections open, accepts new ones and passes nothing on. */
  stall(): void {
    if (this.#condition === 'cut') throw new Error('Expected connections to stall; the network is cut');
    this.#condition = 'stalled';
    for (const [client, server] of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Passes on what was held back, and accepts connections again. */
  async heal(): Promise<void> {
    for (let attempt = 1; this.#listener === null; attempt++) {
      const listener = await listenOn(this.port);
      if (listener !== null) this.#listener = this.#accepting(listener);
      else if (attempt === 100) throw new Error(`Expected port ${this.port} to be free again`);
      else await pause(100);
    }
    this.#condition = 'healthy';
    for (const [client, server] of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Ends the proxy with its connections. */
  async close(): Promise<void> {
    await this.cut();
  }

  #accepting(listener: Server): Server {
    return listener.on('connection', (client) => {
      const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
      const pair = [client, server] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [server, client] as const]) {
        from.setNoDelay();
        from.on('data', (chunk) => {
          if (to.write(chunk)) return;
          from.pause();
          to.once('drain', () => {
            if (this.#condition === 'healthy') from.resume();
          });
        });
        from.on('end', () => to.end());
        from.on('error', () => {
          this.#destroy(pair);
        });
        from.on('close', () => {
          this.#destroy(pair);
        });
      }
      if (this.#condition !== 'healthy') {
        client.pause();
        server.pause();
      }
    });
  }

  #destroy(pair: readonly [Socket, Socket]): void {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }
}

/** A listener on the port of loopback; null where the port is taken. */
function listenOn(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const listener = createServer({ allowHalfOpen: true });
    listener.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    listener.listen(port, '127.0.0.1', () => {
      resolve(listener);
    });
  });
}
