import { packageVersion } from '../../prepare/package-version.js';
import { NUMERICS_VERSION } from '../../prepare/prepare-sweep.js';

/** To be raised with every change of messages. */
export const PROTOCOL = 1;

/** What coordinator and agent must have in common, so that their numbers are the same. */
export interface Handshake {
  readonly protocol: number;
  readonly numericsVersion: string;
  readonly onnxruntimeVersion: string;
  readonly provider: string;
  readonly numericsClass: string;
}

export function ownHandshake(provider: string, numericsClass: string): Handshake {
  const onnxruntimeVersion = packageVersion('onnxruntime-node/package.json');
  return { protocol: PROTOCOL, numericsVersion: NUMERICS_VERSION, onnxruntimeVersion, provider, numericsClass };
}

/** In names of queues: an agent looks only under its own, and never sees other jobs. */
export function handshakeName(h: Handshake): string {
  return `p${h.protocol}-n${h.numericsVersion}-ort${h.onnxruntimeVersion}-${h.provider}-${h.numericsClass}`;
}

/** Why an agent gets no work of a sweep; null where all that must agree does. */
export function misfit(agent: Handshake, sweep: Handshake): string | null {
  if (agent.protocol !== sweep.protocol || agent.numericsVersion !== sweep.numericsVersion) {
    return `another version of quantsweep: protocol ${agent.protocol} and numerics ${agent.numericsVersion}, the sweep has ${sweep.protocol} and ${sweep.numericsVersion}`;
  }
  if (agent.onnxruntimeVersion !== sweep.onnxruntimeVersion) {
    return `onnxruntime ${agent.onnxruntimeVersion}, the sweep has ${sweep.onnxruntimeVersion}`;
  }
  if (agent.provider !== sweep.provider) return `provider ${agent.provider}, the sweep has ${sweep.provider}`;
  if (agent.numericsClass !== sweep.numericsClass) {
    return `numerics class ${agent.numericsClass}, the sweep is pinned to ${sweep.numericsClass}`;
  }
  return null;
}
