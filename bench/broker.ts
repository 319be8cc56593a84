import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOfProgram } from '../test/support/path-of-program.js';
import { measureIdleCosts } from './broker-idle.js';
import { measureBrokerMemory } from './broker-memory.js';
import { measureBrokerOverhead } from './broker-overhead.js';
import { measureBrokerSizes } from './broker-sizes.js';
import { measureJobDurations } from './job-durations.js';
import { sayEnvironment } from './measure/environment.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { mean } from './measure/spread.js';
import { simulateAgents, type SimulatedCosts } from './simulate-agents.js';

const JOBS = bySize({ quick: 50, part: 500, full: 1000 });
const IDLE_SECONDS = bySize({ quick: 2, part: 5, full: 10 });
const IDLE_AGENTS = bySize({ quick: [1], part: [1, 4], full: [1, 2, 4] });
const TRIALS = bySize({ quick: 40, part: 200, full: 1000 });
const IMAGES = bySize({ quick: 100, part: 500, full: 1000 });
/** Images of a whole evaluation: trials take so many times as long. */
const WHOLE = 10_000;

/** Simulated, not measured: a network between machines, and agents larger than this one. */
const SLOTS = 8;
const AGENTS = [1, 2, 4, 8, 16, 32, 64] as const;
const MANY_TRIALS = 1000;
const LATENCY_MS = 1;
const BYTES_PER_MS = 100_000;
/** The longest between two looks of an agent for jobs. */
const POLL_MS = 400;

if (pathOfProgram('redis-server') === null)
  console.log('Skipped: redis-server is not here (apt-get install redis-server).');
else await measure();

async function measure(): Promise<void> {
  const environment = sayEnvironment('Sweeps on agents: costs of the broker');
  const root = mkdtempSync(join(tmpdir(), 'quantsweep-broker-'));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path);
    return path;
  };
  try {
    const overhead = await measureBrokerOverhead(folder('overhead'), JOBS);
    console.log(`A job, of ${overhead.jobs} that do next to nothing, 2 slots; CPU ms (load ${load()})`);
    console.log(
      `  coordinator ${overhead.coordinatorMs.toFixed(2)}, over ${overhead.localMs.toFixed(2)} without a broker; Redis ${overhead.redisMs.toFixed(2)}; agent ${overhead.agentMs.toFixed(2)}`,
    );
    console.log(
      `  at Redis: ${overhead.commands.toFixed(0)} commands with those in scripts, ${(overhead.bytesIn / 1000).toFixed(1)} kB in, ${(overhead.bytesOut / 1000).toFixed(1)} kB out`,
    );
    console.log(
      `  ${overhead.jobsPerSecond.toFixed(0)} jobs/s, ${overhead.localJobsPerSecond.toFixed(0)} without a broker (${(overhead.localJobsPerSecond / overhead.jobsPerSecond).toFixed(2)} x)`,
    );

    const idle = await measureIdleCosts(folder('idle'), IDLE_AGENTS, IDLE_SECONDS);
    console.log(`Idle agents, shares of a core (load ${load()})`);
    for (const { agents, hasSweep, agentShare, redisShare, commandsPerSecond } of idle) {
      console.log(
        `  ${agents} agents, ${hasSweep ? 'an open sweep' : 'no sweep'}: each ${percent(agentShare)}, Redis ${percent(redisShare)}, ${commandsPerSecond.toFixed(0)} commands/s`,
      );
    }

    const memory = await measureBrokerMemory(
      folder('memory'),
      TRIALS,
      [0.1, 0.25, 0.5, 0.75, 1].map((share) => share * TRIALS),
    );
    console.log(
      `Redis over ${memory.trials} trials with ${memory.observations} observations, calibrator entropy, ${memory.seconds.toFixed(0)} s; empty ${megabytes(memory.emptyBytes)} MB`,
    );
    for (const { finished, peakBytes, values } of memory.samples) {
      console.log(`  after ${finished} trials: peak ${megabytes(peakBytes)} MB, ${values} values`);
    }
    console.log(
      `  left at the end: ${memory.keysLeft} keys; coordinator ${memory.coordinatorMsPerTrial.toFixed(1)} CPU ms a trial, its database included`,
    );

    const sizes = await measureBrokerSizes(folder('sizes'), IMAGES);
    console.log(`Bytes on the broker, the largest; evaluation of resnet20 on ${IMAGES} images`);
    for (const { subject, kind, job, values, result } of sizes) {
      const large = Object.entries(values).map(([name, bytes]) => `${name} ${bytes}`);
      console.log(`  ${subject}: ${kind} job ${job}, values ${large.join(', ') || 'none'}, result ${result}`);
    }

    const durations = await measureJobDurations(folder('durations'), IMAGES);
    const scaling = durations === null ? null : simulate();
    writeResult('broker', { environment, overhead, idle, memory, sizes, durations, scaling });

    function simulate(): object[] {
      const { stages, trials, share } = durations!;
      const most = idle.filter(({ hasSweep }) => hasSweep).toSorted((a, b) => b.agents - a.agents)[0]!;
      const observation = Math.max(0, ...sizes.map(({ values }) => values['observation'] ?? 0));
      const costs: SimulatedCosts = {
        coordinatorMs: memory.coordinatorMsPerTrial,
        ...{ redisMs: overhead.redisMs, agentMs: overhead.agentMs, latencyMs: LATENCY_MS, pollMs: POLL_MS },
        redisIdleMs: (1000 * (most.redisShare - idle[0]!.redisShare)) / most.agents,
        ...{ valueMs: observation / BYTES_PER_MS, values: 2 },
      };
      console.log(`Scaling, simulated: agents of ${SLOTS} slots, one thread each for coordinator, Redis and an agent`);
      console.log(
        `  jobs of resnet20's 43-trial sweep: ${stages.length} of stages, mean ${mean(stages).toFixed(0)} ms; ${trials.length} trials on ${IMAGES} images, mean ${mean(trials).toFixed(0)} ms of a core (${percent(share)} of the time that they took)`,
      );
      console.log(
        `  CPU ms a job: coordinator ${costs.coordinatorMs.toFixed(1)} as in the sweep above, Redis ${costs.redisMs.toFixed(2)} and ${costs.redisIdleMs.toFixed(2)} a second for each agent, agent ${costs.agentMs.toFixed(2)}`,
      );
      console.log(
        `  assumed: ${LATENCY_MS} ms a message, 100 MB/s to fetch values of ${megabytes(observation)} MB (2 for each agent), looks for jobs every ${POLL_MS} ms when there was none; trials begin when all stages have ended`,
      );
      const sweeps = [
        { name: `43 trials on ${IMAGES} images`, stages, trials },
        { name: `43 trials on ${WHOLE} images`, stages, trials: longer(trials) },
        { name: `${MANY_TRIALS} trials on ${IMAGES} images`, stages, trials: repeated(trials) },
        { name: `${MANY_TRIALS} trials on ${WHOLE} images`, stages, trials: longer(repeated(trials)) },
      ];
      return sweeps.map((sweep) => {
        const rows = AGENTS.map((agents) => ({ agents, ...simulateAgents(sweep, agents, SLOTS, costs) }));
        console.log(`  ${sweep.name}: agents: efficiency (coordinator, Redis at work)`);
        for (const { agents, efficiency, coordinator, redis } of rows) {
          console.log(
            `    ${String(agents).padStart(3)}: ${percent(efficiency)} (${percent(coordinator)}, ${percent(redis)})`,
          );
        }
        const byCoordinator = mean(sweep.trials) / costs.coordinatorMs;
        const byRedis = mean(sweep.trials) / (costs.redisMs + (mean(sweep.trials) * costs.redisIdleMs) / 1000 / SLOTS);
        console.log(
          `    the coordinator is the limit from ${byCoordinator.toFixed(0)} slots on (${(byCoordinator / SLOTS).toFixed(0)} agents), Redis from ${byRedis.toFixed(0)} (${(byRedis / SLOTS).toFixed(0)})`,
        );
        return { name: sweep.name, costs, slots: SLOTS, rows, byCoordinator, byRedis };
      });
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The same trials over a whole evaluation. */
function longer(trials: readonly number[]): number[] {
  return trials.map((ms) => (ms * WHOLE) / IMAGES);
}

function repeated(trials: readonly number[]): number[] {
  return Array.from({ length: MANY_TRIALS }, (_, index) => trials[index % trials.length]!);
}

function load(): string {
  return loadavg()[0]!.toFixed(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 0)} %`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
