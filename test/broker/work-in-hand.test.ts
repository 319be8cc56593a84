import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkInHand, type AskedWork, type Compute } from '../../src/broker/agent/work-in-hand.js';
import { packValue, type PackedValue } from '../../src/broker/protocol/values.js';
import { JobInterrupted, type WorkEvents } from '../../src/engine/executor.js';

/** Work whose end the test decides. */
class Child {
  readonly compute: Compute;
  signal: AbortSignal | null = null;
  on: WorkEvents | null = null;
  #finish: (result: PackedValue) => void = () => undefined;
  #fail: (cause: unknown) => void = () => undefined;

  constructor() {
    this.compute = vi.fn<Compute>(async (on, signal) => {
      const ended = new Promise<PackedValue>((resolve, reject) => {
        [this.#finish, this.#fail] = [resolve, reject];
      });
      [this.on, this.signal] = [on, signal];
      signal.addEventListener('abort', () => {
        this.#fail(new JobInterrupted('stopped'));
      });
      await on.started({ device: 'cpu:0' });
      return ended;
    });
  }

  async begun(): Promise<void> {
    await vi.waitFor(() => {
      expect(this.compute).toHaveBeenCalled();
    });
  }

  finish(result: PackedValue): void {
    this.#finish(result);
  }

  fail(cause: unknown): void {
    this.#fail(cause);
  }
}

class Asker {
  readonly stop = new AbortController();
  readonly lost = new AbortController();
  readonly started = vi.fn<WorkEvents['started']>();
  readonly progress = vi.fn<WorkEvents['progress']>();

  ask(hand: WorkInHand, asked: AskedWork, child: Child): Promise<PackedValue> {
    const { started, progress, stop, lost } = this;
    const answer = hand.result(asked, child.compute, { started, progress }, { stop: stop.signal, lost: lost.signal });
    answer.catch(() => undefined);
    return answer;
  }
}

const work = (hash: string, job = `${hash}-1`, patienceMs = 60_000): AskedWork => ({
  ...{ sweep: 's', job, hash, patienceMs },
});

describe('work in an agent’s hand', () => {
  let hand: WorkInHand;
  let result: PackedValue;
  let child: Child;
  let other: Child;
  let first: Asker;
  let second: Asker;

  beforeEach(async () => {
    hand = new WorkInHand(1);
    result = await packValue(1);
    [child, other] = [new Child(), new Child()];
    [first, second] = [new Asker(), new Asker()];
  });

  async function isLost(asked: AskedWork): Promise<void> {
    const answer = first.ask(hand, asked, child);
    await child.begun();
    first.lost.abort();
    await expect(answer).rejects.toThrow(JobInterrupted);
  }

  it('goes on when its job is lost, and is the next job’s that asks for it', async () => {
    await isLost(work('a'));
    expect(hand.keptSlots).toBe(1);
    const answer = second.ask(hand, work('a', 'a-2'), other);
    expect(hand.keptSlots).toBe(0);
    expect(second.started).toHaveBeenCalledWith({ device: 'cpu:0' });
    child.on!.progress(1, 2);
    child.finish(result);
    expect(await answer).toBe(result);
    expect(second.progress).toHaveBeenCalledWith(1, 2);
    expect(first.progress).not.toHaveBeenCalled();
    expect(other.compute).not.toHaveBeenCalled();
  });

  it('is handed in when it ended before it was asked for again', async () => {
    await isLost(work('a'));
    child.finish(result);
    await vi.waitFor(() => {
      expect(hand.isBusy('s')).toBe(false);
    });
    expect(hand.keptSlots).toBe(0);
    expect(await second.ask(hand, work('a', 'a-2'), other)).toBe(result);
    expect(second.started).toHaveBeenCalledWith({ device: 'cpu:0' });
  });

  it('is one piece of work for two jobs that ask at once, and ends with the last of them', async () => {
    const answers = [first.ask(hand, work('a'), child), second.ask(hand, work('a', 'a-2'), other)];
    await child.begun();
    first.stop.abort();
    await expect(answers[0]).rejects.toThrow(JobInterrupted);
    expect(child.signal!.aborted).toBe(false);
    second.stop.abort();
    await expect(answers[1]).rejects.toThrow(JobInterrupted);
    expect(child.signal!.aborted).toBe(true);
    expect(other.compute).not.toHaveBeenCalled();
  });

  it('can be handed in twice, since the broker may forget it once', async () => {
    const answer = first.ask(hand, work('a'), child);
    await child.begun();
    child.finish(result);
    await answer;
    hand.handedIn(work('a'));
    expect(await second.ask(hand, work('a', 'a-2'), other)).toBe(result);
    hand.handedIn(work('a', 'a-2'));
    void second.ask(hand, work('a', 'a-3'), other);
    await other.begun();
  });

  it('gives way to other work when its job is lost', async () => {
    await isLost(work('a', 'a-1', 0));
    expect(hand.keptSlots).toBe(0);
    void second.ask(hand, work('b'), other);
    await other.begun();
    expect(child.signal!.aborted).toBe(true);
    expect(other.signal!.aborted).toBe(false);
  });

  it('is begun anew after it failed', async () => {
    const answer = first.ask(hand, work('a'), child);
    await child.begun();
    child.fail(new Error('no memory'));
    await expect(answer).rejects.toThrow('no memory');
    void second.ask(hand, work('a', 'a-2'), other);
    await other.begun();
  });

  it('ends when it is called off, and is dropped with its sweep', async () => {
    await isLost(work('a'));
    hand.callOff('another', 'all');
    hand.callOff('s', ['b-1']);
    expect(child.signal!.aborted).toBe(false);
    hand.callOff('s', ['a-1']);
    expect(child.signal!.aborted).toBe(true);
    const answer = second.ask(hand, work('b'), other);
    await other.begun();
    hand.forget('s');
    await expect(answer).rejects.toThrow(JobInterrupted);
    expect(hand.isBusy(null)).toBe(false);
  });
});
