import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.js';

/** A client and what it has read. */
class Client {
  readonly socket: Socket;
  read = '';

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('data', (chunk: Buffer) => (this.read += chunk.toString('utf8')));
    this.socket.on('error', () => undefined);
  }

  async hears(text: string): Promise<void> {
    while (!this.read.includes(text)) await once(this.socket, 'data');
  }
}

describe('a network that can fail', () => {
  let echo: Server;
  let proxy: TcpProxy;
  let client: Client;
  beforeAll(async () => {
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
  });
  afterAll(() => echo.close());
  beforeEach(async () => {
    proxy = await TcpProxy.start((echo.address() as AddressInfo).port);
    client = new Client(proxy.port);
  });
  afterEach(async () => {
    client.socket.destroy();
    await proxy.close();
  });

  it('passes bytes both ways', async () => {
    client.socket.write('x'.repeat(3_000_000) + 'end');
    await client.hears('end');
    expect(client.read.length).toBe(3_000_003);
  });

  it('is cut: connections end and new ones are refused until it heals', async () => {
    client.socket.write('before');
    await client.hears('before');
    const closed = once(client.socket, 'close');
    await proxy.cut();
    await closed;
    const refused = connect({ port: proxy.port, host: '127.0.0.1' });
    const [error] = (await once(refused, 'error').catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await proxy.heal();
    client = new Client(proxy.port);
    client.socket.write('after');
    await client.hears('after');
  });

  it('stalls: connections stay and are made, and bytes arrive when it heals', async () => {
    client.socket.write('before');
    await client.hears('before');
    proxy.stall();
    const other = new Client(proxy.port);
    await once(other.socket, 'connect');
    client.socket.write('during');
    other.socket.write('other');
    // A connection that does pass shows that time enough went by.
    const around = new Client((echo.address() as AddressInfo).port);
    around.socket.write('around');
    await around.hears('around');
    expect([client.read, other.read]).toEqual(['before', '']);
    await proxy.heal();
    await client.hears('during');
    await other.hears('other');
    other.socket.destroy();
    around.socket.destroy();
  });
});
