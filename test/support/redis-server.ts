import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loopbackPort } from './loopback-port.js';
import { makeTestCertificates, type TestCertificates } from './test-certificates.js';

const example = fileURLToPath(new URL('../../examples/redis/', import.meta.url));

/** Where the system keeps a program; null where it has none. */
function pathOf(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

/** The system's Redis; null where it is not installed. */
export const redisServerPath = pathOf('redis-server');

/** Ends the server with the process that started it, also when that one is killed. */
const setprivPath = pathOf('setpriv');

const roles = ['admin', 'coordinator', 'agent'] as const;

/** The users of examples/redis/users.acl. */
export type RedisRole = (typeof roles)[number];

export interface RedisCredentials {
  readonly user: RedisRole;
  readonly password: string;
}

export interface RedisOptions {
  /** Listens with TLS alone. */
  readonly tls?: boolean;
}

/** Servers of this process that may still run. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const server of running) server.kill('SIGKILL');
});

/**
 * A real Redis on loopback, with the settings and users of examples/redis, in a temporary folder
 * and on a port of its own.
 */
export class RedisServer {
  readonly url: string;
  readonly credentials: Readonly<Record<RedisRole, RedisCredentials>>;
  /** The key that coordinator and agents sign with. */
  readonly secret = randomBytes(24).toString('hex');
  readonly certificates: TestCertificates | null;
  readonly port: number;
  readonly #folder: string;
  #server: ChildProcess;

  private constructor(
    folder: string,
    port: number,
    server: ChildProcess,
    credentials: Readonly<Record<RedisRole, RedisCredentials>>,
    certificates: TestCertificates | null,
  ) {
    this.#folder = folder;
    this.port = port;
    this.#server = server;
    this.credentials = credentials;
    this.certificates = certificates;
    this.url = `${certificates === null ? 'redis' : 'rediss'}://127.0.0.1:${port}`;
  }

  static async start({ tls = false }: RedisOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'quantsweep-redis-'));
    try {
      const certificates = tls ? makeTestCertificates(folder) : null;
      const credentials = writeUsers(folder);
      for (let attempt = 1; ; attempt++) {
        const port = loopbackPort();
        const started = await launch(folder, port, certificates);
        if (typeof started !== 'string') return new RedisServer(folder, port, started, credentials, certificates);
        if (!isPortTaken(started) || attempt === 20) throw new Error(`redis-server did not start: ${started}`);
      }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#server.pid!;
  }

  /** What a process of the role finds in its environment. */
  environment(role: 'coordinator' | 'agent'): Readonly<Record<string, string>> {
    const { user, password } = this.credentials[role];
    return {
      QUANTSWEEP_BROKER_USER: user,
      QUANTSWEEP_BROKER_PASSWORD: password,
      QUANTSWEEP_BROKER_SECRET: this.secret,
      ...(this.certificates === null ? {} : { QUANTSWEEP_BROKER_CA: this.certificates.ca }),
    };
  }

  /** Sends a signal and waits until the server is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const gone = hasEnded(this.#server) ? null : new Promise((resolve) => this.#server.once('exit', resolve));
    this.#server.kill(signal);
    await gone;
  }

  /** Starts a server that was killed again: the same port, the same data. */
  async restart(): Promise<void> {
    if (!hasEnded(this.#server)) throw new Error('Expected a server that was killed; this one runs');
    for (let attempt = 1; ; attempt++) {
      const started = await launch(this.#folder, this.port, this.certificates);
      if (typeof started !== 'string') {
        this.#server = started;
        return;
      }
      if (!isPortTaken(started) || attempt === 100) throw new Error(`redis-server did not start again: ${started}`);
      await pause(100);
    }
  }

  /** Stops the server's clock: connections stay open, nothing is answered. */
  freeze(): void {
    this.#server.kill('SIGSTOP');
  }

  unfreeze(): void {
    this.#server.kill('SIGCONT');
  }

  /** Removes all data. */
  wipe(): void {
    this.command('FLUSHALL');
  }

  /** @param bytes 0: no limit */
  setMaxMemory(bytes: number): void {
    this.command('CONFIG', 'SET', 'maxmemory', String(bytes));
  }

  setEvictionPolicy(policy: string): void {
    this.command('CONFIG', 'SET', 'maxmemory-policy', policy);
  }

  /** Bytes that the server's data takes. */
  usedMemory(): number {
    return this.#memory('used_memory');
  }

  /** The most since the server started. */
  usedMemoryPeak(): number {
    return this.#memory('used_memory_peak');
  }

  #memory(field: string): number {
    const found = new RegExp(`^${field}:(\\d+)`, 'm').exec(this.command('INFO', 'memory'));
    if (found === null) throw new Error(`Expected ${field} in INFO memory`);
    return Number(found[1]);
  }

  /** One command of the administrator; its answer as redis-cli prints it. */
  command(...words: readonly string[]): string {
    return this.commandAs('admin', ...words);
  }

  /** One command of a user; throws what the server refuses. */
  commandAs(role: RedisRole, ...words: readonly string[]): string {
    const { user, password } = this.credentials[role];
    const tls = this.certificates === null ? [] : ['--tls', '--cacert', this.certificates.ca];
    return execFileSync(
      'redis-cli',
      ['-e', '-h', '127.0.0.1', '-p', String(this.port), ...tls, '--user', user, ...words],
      { encoding: 'utf8', env: { ...process.env, REDISCLI_AUTH: password }, stdio: ['ignore', 'pipe', 'pipe'] },
    ).trimEnd();
  }

  /** Ends the server, also a frozen one, and removes its folder. */
  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return RedisServer.start(options);
}

/** Copies the users of the example, with passwords in place of their names. */
function writeUsers(folder: string): Readonly<Record<RedisRole, RedisCredentials>> {
  let users = readFileSync(join(example, 'users.acl'), 'utf8');
  const credentials = roles.map((user): readonly [RedisRole, RedisCredentials] => {
    const password = randomBytes(16).toString('hex');
    users = users.replace(`>${user.toUpperCase()}_PASSWORD`, `>${password}`);
    return [user, { user, password }];
  });
  writeFileSync(join(folder, 'users.acl'), users, { mode: 0o600 });
  return Object.fromEntries(credentials) as Record<RedisRole, RedisCredentials>;
}

/** A server that accepts connections, or what it printed before it ended. */
async function launch(
  folder: string,
  port: number,
  certificates: TestCertificates | null,
): Promise<ChildProcess | string> {
  if (redisServerPath === null) throw new Error('Expected redis-server: apt-get install redis-server');
  const listens =
    certificates === null
      ? ['--port', String(port)]
      : [
          ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
          ...['--tls-cert-file', certificates.certificate, '--tls-key-file', certificates.key],
          ...['--tls-ca-cert-file', certificates.ca],
        ];
  const program = [redisServerPath, join(example, 'redis.conf'), '--dir', folder, ...listens];
  const [command, ...args] = setprivPath === null ? program : [setprivPath, '--pdeathsig', 'KILL', ...program];
  const server = spawn(command!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(server);
  server.once('exit', () => running.delete(server));
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer): void => {
      printed += chunk.toString('utf8');
      if (printed.includes('Ready to accept connections')) resolve(server);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    server.once('close', () => {
      resolve(printed);
    });
  });
}

function isPortTaken(printed: string): boolean {
  return printed.includes('Address already in use');
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
