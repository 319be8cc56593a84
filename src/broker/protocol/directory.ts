import type { Redis } from 'ioredis';
import { ForgedMessageError } from '../broker-error.js';
import { handshakeName, type Handshake } from './handshake.js';
import type { AgentMessage, CancelMessage, SweepMessage } from './messages.js';
import { CANCEL_CHANNEL, GONE_SECONDS, KEEP_SECONDS, keys, places } from './names.js';
import type { Seal } from './seal.js';

/** In place of an agent's message, once it has ended. */
const ENDED = 'ended';

/** Who is there: agents and sweeps, as they tell of themselves on the broker. */
export class Directory {
  #strangeAgents = 0;
  #strangeSweeps = 0;

  constructor(
    private readonly redis: Redis,
    private readonly seal: Seal,
  ) {}

  /** Agents of the last look that sign with another secret, and so are left out. */
  get strangeAgents(): number {
    return this.#strangeAgents;
  }

  /** The same of sweeps. */
  get strangeSweeps(): number {
    return this.#strangeSweeps;
  }

  /** Told again before {@link GONE_SECONDS} are over, else the agent counts as gone. */
  async tellAgent(agent: AgentMessage): Promise<void> {
    const sealed = JSON.stringify(this.seal.close(places.agent(agent.id), agent));
    await this.redis.sadd(keys.agents, agent.id);
    await this.redis.set(keys.agent(agent.id), sealed, 'EX', GONE_SECONDS);
  }

  /** An agent ends in order. */
  async removeAgent(id: string): Promise<void> {
    await this.redis.srem(keys.agents, id);
    await this.redis.set(keys.agent(id), ENDED, 'EX', GONE_SECONDS);
  }

  /** An agent that is no longer among {@link agents} has ended in order: it was not lost. */
  async hasEnded(id: string): Promise<boolean> {
    return (await this.redis.get(keys.agent(id))) === ENDED;
  }

  /** Those that gave a sign of life, by id. What others wrote there is left out. */
  async agents(): Promise<readonly AgentMessage[]> {
    const ids = (await this.redis.smembers(keys.agents)).sort();
    this.#strangeAgents = 0;
    if (ids.length === 0) return [];
    const texts = await this.redis.mget(ids.map(keys.agent));
    const gone = ids.filter((_, index) => texts[index] === null);
    if (gone.length > 0) await this.redis.srem(keys.agents, ...gone);
    const agents = ids.flatMap(
      (id, index) => this.#opened(places.agent(id), texts[index] ?? null) as readonly AgentMessage[],
    );
    this.#strangeAgents = ids.length - gone.length - agents.length;
    return agents;
  }

  async tellSweep(sweep: SweepMessage): Promise<void> {
    const sealed = JSON.stringify(this.seal.close(places.sweep(sweep.id), sweep));
    await this.redis.set(keys.sweep(sweep.id), sealed, 'EX', KEEP_SECONDS);
    await this.#enlist(sweep);
  }

  /** The coordinator of a sweep gives a sign of life. What the broker lost of it is told again. */
  async keepSweep(sweep: SweepMessage): Promise<void> {
    if ((await this.redis.expire(keys.sweep(sweep.id), KEEP_SECONDS)) === 1) await this.#enlist(sweep);
    else await this.tellSweep(sweep);
  }

  async #enlist({ id, since, handshake }: SweepMessage): Promise<void> {
    await this.redis.sadd(keys.sweeps, id);
    await this.redis.sadd(keys.fitting(handshakeName(handshake)), id);
    await this.redis.set(keys.alive(id), since, 'EX', GONE_SECONDS);
  }

  /**
   * Takes sweeps of a handshake off that no coordinator has come back to for {@link KEEP_SECONDS}.
   *
   * @returns their ids
   */
  async removeAbandoned(handshake: Handshake): Promise<readonly string[]> {
    const ids = await this.redis.smembers(keys.fitting(handshakeName(handshake)));
    const abandoned: string[] = [];
    for (const id of ids) {
      if ((await this.redis.exists(keys.sweep(id), keys.alive(id))) > 0) continue;
      await this.removeSweep({ id, handshake });
      abandoned.push(id);
    }
    return abandoned;
  }

  /** When the coordinator of a sweep began, as it says in its message; null: there is none. */
  coordinatorSince(sweep: string): Promise<string | null> {
    return this.redis.get(keys.alive(sweep));
  }

  async hasSweep(id: string): Promise<boolean> {
    return (await this.redis.exists(keys.sweep(id))) === 1;
  }

  async hasCoordinator(sweep: string): Promise<boolean> {
    return (await this.redis.exists(keys.alive(sweep))) === 1;
  }

  async removeSweep({ id, handshake }: Pick<SweepMessage, 'id' | 'handshake'>): Promise<void> {
    await this.redis.srem(keys.fitting(handshakeName(handshake)), id);
    await this.redis.srem(keys.sweeps, id);
    await this.redis.del(keys.sweep(id), keys.alive(id));
  }

  async sweeps(): Promise<readonly SweepMessage[]> {
    const ids = (await this.redis.smembers(keys.sweeps)).sort();
    const found = await Promise.all(ids.map((id) => this.sweep(id)));
    const missing = ids.filter((_, index) => found[index] === null);
    const areThere = await Promise.all(missing.map((id) => this.hasSweep(id)));
    this.#strangeSweeps = areThere.filter((isThere) => isThere).length;
    return found.filter((sweep) => sweep !== null);
  }

  /** Ids of sweeps that agents of this handshake can work on; of an abandoned one its id stays. */
  async fittingSweeps(handshake: string): Promise<readonly string[]> {
    const ids = (await this.redis.smembers(keys.fitting(handshake))).sort();
    const isThere = await Promise.all(ids.map((id) => this.redis.exists(keys.sweep(id))));
    return ids.filter((_, index) => isThere[index] === 1);
  }

  /** Null where there is none, or only what somebody else wrote. */
  async sweep(id: string): Promise<SweepMessage | null> {
    const found = this.#opened(places.sweep(id), await this.redis.get(keys.sweep(id))) as readonly SweepMessage[];
    return found[0] ?? null;
  }

  /** Calls work off: agents and the sweep's coordinator listen. */
  async cancel(message: CancelMessage): Promise<void> {
    await this.redis.publish(CANCEL_CHANNEL, JSON.stringify(this.seal.close(places.cancel, message)));
  }

  /**
   * Tells of work that is called off, from now on.
   *
   * @param subscriber a connection that does nothing else
   */
  async onCancel(subscriber: Redis, listener: (message: CancelMessage) => void): Promise<void> {
    subscriber.on('message', (channel, text) => {
      if (channel !== CANCEL_CHANNEL) return;
      for (const message of this.#opened(places.cancel, text) as readonly CancelMessage[]) listener(message);
    });
    await subscriber.subscribe(CANCEL_CHANNEL);
  }

  /** The message, which has the type of its place; none where it is somebody else's. */
  #opened(place: string, text: string | null): readonly unknown[] {
    if (text === null) return [];
    try {
      return [this.seal.open(place, JSON.parse(text))];
    } catch (cause) {
      if (cause instanceof ForgedMessageError || cause instanceof SyntaxError) return [];
      throw cause;
    }
  }
}
