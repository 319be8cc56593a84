import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serveDatabase } from '../../src/serve/serve-database.js';
import { ask, listenTo } from '../serve/ask.js';
import { runningSample } from '../report/running-sample.js';

const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(): Promise<string> {
  const sample = runningSample();
  closing.push(sample.remove);
  const { url, close } = await serveDatabase({
    database: sample.path,
    sweeps: [],
    host: '127.0.0.1',
    port: 0,
    allowRemote: false,
    warn: () => undefined,
  });
  closing.push(close);
  return url;
}

/** Connections that say so much and nothing more, and read nothing. */
async function slow(url: string, count: number, said: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let index = 0; index < count; index++) {
    const socket = connect(Number(port), hostname).pause();
    // Those that have to go are reset.
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    if (said !== '') socket.write(said);
  }
}

describe('22: a served report', () => {
  it.each([
    ['say nothing', ''],
    ['never end their request', 'GET /running/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['do not read their answers', `GET /running/ HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(8)],
  ])('answers and keeps its followers beside 320 connections that %s', async (_, said) => {
    const url = await serve();
    const events = await listenTo(url);
    const { revision } = await events.state(() => true);
    await slow(url, 320, said);
    expect((await ask(url, 'running/')).status).toBe(200);
    expect((await ask(url, 'running/')).status).toBe(200);
    // The stream that was there before is still there.
    const { revision: still } = await events.state(() => true);
    expect(still).toBe(revision);
    let hasEnded = false;
    void events.ended.then(() => (hasEnded = true));
    await ask(url, 'assets/quantsweep.css');
    expect(hasEnded).toBe(false);
    events.close();
  });
});
