import { targetOf, type TargetName } from '../../targets/registry.js';

/** What a quantized trial is deployed on, as its canonical settings have it; null of FP32. */
export function trialTarget({ role, settings }: { readonly role: string; readonly settings: unknown }): string | null {
  if (role === 'fp32') return null;
  return (settings as { readonly target?: string } | null)?.target ?? 'layers-only';
}

/** Whether a target is one that exists, with quantizers placed by its rules. */
export function placesQuantizers(target: string | null): boolean {
  return target !== null && target !== 'layers-only';
}

/**
 * Whether any machine may time what is for the target: others follow published rules only, or are
 * CPUs without VNNI, which few machines are.
 */
export function runsHere(target: string): boolean {
  return target === 'layers-only' || (targetOf(target as TargetName)?.evidence === 'run' && !saturates(target));
}

/** Whether a target is a CPU whose 16-bit sums saturate, which is one without VNNI. */
export function saturates(target: string | null): boolean {
  return target !== null && targetOf(target as TargetName)?.saturates === true;
}
