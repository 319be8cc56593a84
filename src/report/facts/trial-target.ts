import { targetOf, type TargetName } from '../../targets/registry.js';

/** What a quantized trial is deployed on, as its canonical settings have it; null of FP32. */
export function trialTarget({
  role,
  settings,
}: {
  readonly role: string;
  readonly settings: unknown;
}): string | null {
  if (role === 'fp32') return null;
  return (settings as { readonly target?: string } | null)?.target ?? 'layers-only';
}

/** Whether a target is one that exists, with quantizers placed by its rules. */
export function placesQuantizers(target: string | null): boolean {
  return target !== null && target !== 'layers-only';
}

/** `tensorrt (not run here)`: a target in words, marked where it follows published rules only. */
export function targetText(target: string): string {
  return targetOf(target as TargetName)?.evidence === 'rules' ? `${target} (not run here)` : target;
}
