import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { arch, cpus, hostname, platform, release, totalmem, availableParallelism } from 'node:os';
import { cpuFlags } from '../engine/numerics/cpu-flags.js';
import type { EnvironmentRecord, MachineRecord } from '../records/machine-record.js';
import { ownVersion, packageVersion } from './package-version.js';

/** What this machine is and which versions run, as stored with every attempt. */
export function describeEnvironment(): EnvironmentRecord {
  const gpu = ask('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']);
  const [gpuName, gpuDriver] = gpu === null ? [null, null] : splitGpu(gpu);
  return {
    quantsweepVersion: ownVersion(),
    nodeVersion: process.version,
    onnxruntimeVersion: packageVersion('onnxruntime-node/package.json'),
    os: `${platform()} ${release()} ${arch()}`,
    host: hostname(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cpuFlags: cpuFlags().join(' '),
    cpuCores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    gpu: gpuName,
    gpuDriver,
    gitCommit: ownCommit(),
  };
}

/** This machine, whose numbers are of the given class; null where that is not known. */
export function ownMachine(numericsClass: string | null): MachineRecord {
  return { environment: describeEnvironment(), numericsClass, agent: null };
}

/**
 * Commit of quantsweep's own checkout; null when it is installed inside another repository, or in
 * none.
 */
function ownCommit(): string | null {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  if (ask('git', ['-C', root, 'rev-parse', '--show-toplevel']) !== root) return null;
  return ask('git', ['-C', root, 'rev-parse', 'HEAD']);
}

function splitGpu(line: string): readonly [string, string | null] {
  const [name, driver] = line.split('\n', 1)[0]!.split(',');
  return [name!.trim(), driver?.trim() ?? null];
}

function ask(command: string, args: readonly string[]): string | null {
  try {
    const answer = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return answer === '' ? null : answer;
  } catch {
    return null;
  }
}
