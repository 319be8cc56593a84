/** What work and handing it over cost, in milliseconds. */
export interface SimulatedCosts {
  /** Of the coordinator's one thread, by job. */
  readonly coordinatorMs: number;
  /** Of Redis' one thread, by job. */
  readonly redisMs: number;
  /** Of an agent's own process, by job. */
  readonly agentMs: number;
  /** Of Redis, by agent and second, whether it works or not. */
  readonly redisIdleMs: number;
  /** Until a message has arrived. */
  readonly latencyMs: number;
  /** After which an agent with free slots looks for jobs again. */
  readonly pollMs: number;
  /** To fetch a large value, and how many of them each agent needs. */
  readonly valueMs: number;
  readonly values: number;
}

/** A sweep whose trials begin when all of its stages have ended. */
export interface SimulatedSweep {
  readonly stages: readonly number[];
  readonly trials: readonly number[];
}

export interface Simulated {
  readonly ms: number;
  /** Work over slots and time: 1 where no slot ever waits. */
  readonly efficiency: number;
  /** Shares of the time that they are at work. */
  readonly coordinator: number;
  readonly redis: number;
}

/** Jobs on the broker for each slot, as the coordinator gives them. */
const WINDOW_PER_SLOT = 2;

/** One thread that does one thing after the other. */
class Server {
  busyMs = 0;
  #freeAt = 0;

  /** When it has done a piece of work that arrives at a time. */
  serve(at: number, ms: number): number {
    this.busyMs += ms;
    this.#freeAt = Math.max(this.#freeAt, at) + ms;
    return this.#freeAt;
  }
}

/** Things that happen, in order of time. */
class Clock {
  readonly #heap: { readonly at: number; readonly happen: (at: number) => void }[] = [];

  plan(at: number, happen: (at: number) => void): void {
    let index = this.#heap.push({ at, happen }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#heap[parent]!.at <= at) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  run(): number {
    let now = 0;
    while (this.#heap.length > 0) {
      const { at, happen } = this.#heap[0]!;
      const last = this.#heap.pop()!;
      if (this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#sink();
      }
      now = at;
      happen(at);
    }
    return now;
  }

  #sink(): void {
    for (let index = 0; ;) {
      const at = (child: number): number => this.#heap[child]?.at ?? Infinity;
      const child = at(2 * index + 1) <= at(2 * index + 2) ? 2 * index + 1 : 2 * index + 2;
      if (at(index) <= at(child)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}

/** A sweep on agents, on paper: coordinator, Redis and each agent's process are one thread each. */
export function simulateAgents(
  { stages, trials }: SimulatedSweep,
  agentCount: number,
  slots: number,
  costs: SimulatedCosts,
): Simulated {
  const clock = new Clock();
  const [coordinator, redis] = [new Server(), new Server()];
  const agents = Array.from({ length: agentCount }, () => ({ own: new Server(), values: 0, free: slots }));
  const waiting: number[] = [];
  const toGive = [...stages];
  let unfinishedStages = stages.length;
  let outstanding = 0;
  const redisMs = (part: number): number => part * costs.redisMs;

  const give = (at: number): void => {
    while (toGive.length > 0 && outstanding < WINDOW_PER_SLOT * slots * agentCount) {
      const work = toGive.shift()!;
      outstanding++;
      clock.plan(coordinator.serve(at, costs.coordinatorMs / 2) + costs.latencyMs, (arrived) => {
        clock.plan(redis.serve(arrived, redisMs(1 / 3)), (there) => {
          waiting.push(work);
          // Only free slots are there where nothing waited: the first that looks takes it.
          if (agents.some(({ free }) => free > 0)) clock.plan(there + costs.pollMs / 2, take);
        });
      });
    }
  };
  const take = (at: number): void => {
    while (waiting.length > 0) {
      const agent = agents.reduce((most, other) => (other.free > most.free ? other : most));
      if (agent.free === 0) return;
      agent.free--;
      const work = waiting.shift()!;
      const fetches = agent.values < costs.values;
      if (fetches) agent.values++;
      const taken = redis.serve(at + costs.latencyMs, redisMs(1 / 3) + (fetches ? costs.valueMs : 0));
      const begins = agent.own.serve(taken + costs.latencyMs, costs.agentMs / 2);
      clock.plan(begins + work, (ends) => {
        const told = redis.serve(agent.own.serve(ends, costs.agentMs / 2) + costs.latencyMs, redisMs(1 / 3));
        clock.plan(told + costs.latencyMs, (heard) => {
          agent.free++;
          take(heard);
          clock.plan(coordinator.serve(heard, costs.coordinatorMs / 2), concluded);
        });
      });
    }
  };
  const concluded = (at: number): void => {
    outstanding--;
    if (unfinishedStages > 0) {
      unfinishedStages--;
      if (unfinishedStages === 0) toGive.push(...trials);
    }
    give(at);
  };

  clock.plan(0, give);
  const ms = clock.run();
  const work = [...stages, ...trials].reduce((sum, each) => sum + each, 0);
  return {
    ms,
    efficiency: work / (ms * agentCount * slots),
    coordinator: coordinator.busyMs / ms,
    redis: redis.busyMs / ms + (agentCount * costs.redisIdleMs) / 1000,
  };
}
