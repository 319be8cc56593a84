import type { SweepEvent } from '../../schedule/sweep-events.js';
import { metricTextOf } from '../../report/facts/judged-by.js';
import { formatDuration, formatMetric } from '../show/format-values.js';

export interface ProgressOutput {
  write(text: string): void;
  /** Columns of the terminal, or null when the output is none: plain lines are printed then. */
  readonly columns: number | null;
}

const BAR_WIDTH = 20;
const REDRAW_MS = 100;
const PLAIN_PROGRESS_MS = 30_000;

/** Shows a sweep's events: a bar that redraws itself on a terminal, plain lines elsewhere. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #start: number;
  #trials = 0;
  #done = 0;
  #cached = 0;
  #stopped = 0;
  #failed = 0;
  #share = 0;
  #best = '';
  /** FP32 is no reference: nothing can be called the best. */
  #isVoid = false;
  #running = '';
  #lastDrawn = 0;
  #barShown = false;

  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    this.#start = now();
  }

  handle(event: SweepEvent): void {
    switch (event.kind) {
      case 'started':
        this.#start = this.#now();
        this.#lastDrawn = this.#start;
        this.#trials = event.trials;
        this.#cached = event.finishedTrials;
        this.#done = event.finishedTrials;
        this.#stopped = event.stoppedTrials;
        if (event.best !== null) this.#best = `${event.best.label} ${formatMetric(event.best.value)}`;
        return;
      case 'workStarted':
        return;
      case 'progress':
        this.#share = event.share;
        this.#running = event.running[0] ?? '';
        this.#tick();
        return;
      case 'warning':
        this.#isVoid ||= event.warning.voids;
        this.#line(`WARNING: ${event.warning.text}`);
        return;
      case 'stageFinished':
        this.#line(`stage ${event.stage.kind} finished in ${formatDuration(event.durationMs)}`);
        return;
      case 'trialFinished': {
        this.#done++;
        const { unit } = metricTextOf(event.trial.settings.task.kind, event.metric);
        if (event.best !== null) this.#best = `${event.best.label} ${formatMetric(event.best.value, unit)}`;
        const took = event.durationMs > 0 ? `, ${formatDuration(event.durationMs)}` : '';
        this.#line(
          `[${this.#done}/${this.#trials}] ${event.trial.label}: ${event.metric} ${formatMetric(event.value, unit)}${took}`,
        );
        return;
      }
      case 'trialStopped': {
        const { seen, samples, right, otherRight } = event.stopped;
        this.#done++;
        this.#stopped++;
        this.#line(
          `[${this.#done}/${this.#trials}] ${event.trial.label}: stopped after ${seen} of ${samples} samples, ${right} right, the best has ${otherRight}, ${formatDuration(event.durationMs)}`,
        );
        return;
      }
      case 'retrying':
        this.#line(`${event.label}: ${event.failure.message} Attempt ${event.attempt} follows${batchText(event)}.`);
        return;
      case 'waiting':
        this.#line(
          `Waiting${event.waitedMs < 1000 ? '' : ` for ${formatDuration(event.waitedMs)}`} (at most ${event.limitMinutes} min, run.lockWaitMinutes): ${event.message}`,
        );
        return;
      case 'waited':
        this.#line(`The database is free again after ${formatDuration(event.waitedMs)}; the sweep continues.`);
        return;
      case 'failed':
        if (event.work === 'trial') this.#failed++;
        // A failed stage has been printed itself; its trials are counted.
        if (event.failure.errorClass !== 'StageFailed') this.#line(`FAILED ${event.label}: ${event.failure.message}`);
        return;
    }
  }

  /** A line beside what happens to the sweep, also before it starts. */
  note(text: string): void {
    if (this.#trials > 0) this.#line(text);
    else this.#output.write(`${text}\n`);
  }

  /** Leaves the terminal on a fresh line. */
  finish(): void {
    this.#clearBar();
  }

  #line(text: string): void {
    this.#clearBar();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  #tick(): void {
    const wait = this.#output.columns === null ? PLAIN_PROGRESS_MS : REDRAW_MS;
    if (this.#now() - this.#lastDrawn < wait) return;
    if (this.#output.columns === null) {
      this.#lastDrawn = this.#now();
      this.#output.write(`${this.#summary()}\n`);
    } else {
      this.#draw();
    }
  }

  #draw(): void {
    const { columns } = this.#output;
    if (columns === null) return;
    this.#lastDrawn = this.#now();
    const filled = Math.round(this.#share * BAR_WIDTH);
    const bar = `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${this.#summary()}`;
    const text = bar.length > columns - 1 ? `${bar.slice(0, Math.max(0, columns - 2))}…` : bar;
    this.#output.write(`\r\u001b[2K${text}`);
    this.#barShown = true;
  }

  #clearBar(): void {
    if (!this.#barShown) return;
    this.#output.write('\r\u001b[2K');
    this.#barShown = false;
  }

  #summary(): string {
    const elapsed = this.#now() - this.#start;
    const parts = [`${this.#done}/${this.#trials} trials`];
    if (this.#stopped > 0) parts.push(`${this.#stopped} stopped early`);
    if (this.#failed > 0) parts.push(`${this.#failed} failed`);
    const perMinute = ((this.#done - this.#cached) / elapsed) * 60_000;
    if (this.#done > this.#cached) parts.push(`${perMinute.toFixed(1)} trials/min`);
    if (this.#share > 0.02 && this.#share < 1) {
      parts.push(`ETA ${formatDuration((elapsed * (1 - this.#share)) / this.#share)}`);
    }
    if (this.#best !== '' && !this.#isVoid) parts.push(`best ${this.#best}`);
    if (this.#running !== '') parts.push(`now ${this.#running}`);
    return parts.join(' | ');
  }
}

function batchText({ batchLimit }: { readonly batchLimit: number | null }): string {
  return batchLimit === null
    ? ''
    : `, with batches of at most ${batchLimit} (docs/ROBUSTNESS.md, Determinism, says what that may change)`;
}
