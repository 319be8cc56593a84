import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endsWithParent } from './ends-with-parent.js';
import { loopbackPort } from './loopback-port.js';
import { pathOfProgram } from './path-of-program.js';

const example = fileURLToPath(new URL('../../examples/redis/', import.meta.url));

const redisServerPath = pathOfProgram('redis-server');

/** The users of examples/redis/users.acl. */
export type RedisRole = 'admin' | 'coordinator' | 'agent';

export interface RedisCredentials {
  readonly user: string;
  readonly password: string;
  readonly secret: string | undefined;
}

/** PEM files. */
export interface RedisAuthorities {
  /** Certificate of the CA that signed the server's. */
  readonly ca: string;
  /** That of a CA that signed nothing of this server. */
  readonly otherCa: string;
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
 * A real Redis on loopback as examples/redis sets it up, in a temporary folder and on a port of its
 * own.
 */
export class RedisServer {
  readonly url: string;
  /** Null without TLS. */
  readonly authorities: RedisAuthorities | null;
  readonly #folder: string;
  #server: ChildProcess;

  private constructor(
    folder: string,
    readonly port: number,
    server: ChildProcess,
    tls: boolean,
  ) {
    this.#folder = folder;
    this.#server = server;
    this.url = `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`;
    this.authorities = tls ? { ca: join(folder, 'secrets/ca.pem'), otherCa: join(folder, 'others/ca.pem') } : null;
  }

  static async start({ tls = false }: RedisOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'quantsweep-redis-'));
    try {
      makeSecrets(join(folder, 'secrets'));
      if (tls) makeSecrets(join(folder, 'others'));
      for (let attempt = 1; ; attempt++) {
        const port = loopbackPort();
        const started = await launch(folder, port, tls);
        if (typeof started !== 'string') return new RedisServer(folder, port, started, tls);
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

  /** A file as `--credentials` takes it. */
  credentialsFile(role: RedisRole): string {
    return join(this.#folder, 'secrets', `${role}.credentials`);
  }

  /** The role's user and password, and for the roles that sign the key that they sign with. */
  credentials(role: RedisRole): RedisCredentials {
    const lines = readFileSync(this.credentialsFile(role), 'utf8').split('\n');
    const value = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    return { user: value('user')!, password: value('password')!, secret: value('secret') };
  }

  /** What a process of the role finds in its environment. */
  environment(role: 'coordinator' | 'agent'): Readonly<Record<string, string>> {
    const { user, password, secret } = this.credentials(role);
    return {
      QUANTSWEEP_BROKER_USER: user,
      QUANTSWEEP_BROKER_PASSWORD: password,
      QUANTSWEEP_BROKER_SECRET: secret!,
      ...(this.authorities === null ? {} : { QUANTSWEEP_BROKER_CA: this.authorities.ca }),
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
      const started = await launch(this.#folder, this.port, this.authorities !== null);
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
    const { user, password } = this.credentials(role);
    const tls = this.authorities === null ? [] : ['--tls', '--cacert', this.authorities.ca];
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

/** Users, credentials and certificates in a new folder, as the documentation makes them. */
function makeSecrets(folder: string): void {
  execFileSync('sh', [join(example, 'make-secrets.sh'), folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A server that accepts connections, or what it printed before it ended. */
async function launch(folder: string, port: number, tls: boolean): Promise<ChildProcess | string> {
  if (redisServerPath === null) throw new Error('Expected redis-server: apt-get install redis-server');
  const listens = tls
    ? [
        ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', 'server.pem', '--tls-key-file', 'server.key', '--tls-ca-cert-file', 'ca.pem'],
      ]
    : ['--port', String(port)];
  const secrets = join(folder, 'secrets');
  const program = [...endsWithParent, redisServerPath, join(example, 'redis.conf'), '--dir', secrets, ...listens];
  const [command, ...args] = program;
  const server = spawn(command!, args, { cwd: secrets, stdio: ['ignore', 'pipe', 'pipe'] });
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
