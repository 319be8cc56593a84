/** What the level of an axis is read from. */
export interface AxisSource {
  /** Axis path -> value, as the experiment file has it. */
  readonly axes: Readonly<Record<string, unknown>>;
  /** Canonical settings; null there means that a setting cannot matter to the trial. */
  readonly settings: unknown;
}

const seed = 'data.calibration.sampleSeed';

/**
 * The level of an axis that a trial has, as text; null where it cannot matter to the trial. Of
 * single settings it is what v_setting says: the stored one, by which trials are equal or not,
 * whatever the file wrote. Of whole sections it is what the file wrote.
 */
export function axisLevel({ axes, settings }: AxisSource, path: string): string | null {
  const stored = storedValue(settings, path);
  const smoothingMode = storedValue(settings, 'smoothing.mode');
  if (path === 'smoothing.mode' && stored === 'auto') return 'static';
  if (path === 'smoothing.alpha' && smoothingMode === 'auto') return 'auto';
  // No seed is a choice: samples as they lie.
  if (path === seed && stored === null) return storedValue(settings, 'data.calibration') === null ? null : 'none';
  if (isSection(stored) || stored === undefined) return textOf(path in axes ? axes[path] : stored);
  return textOf(stored);
}

/** What settings hold under the path of the experiment file; null where its section is. */
function storedValue(settings: unknown, path: string): unknown {
  const parts = path.replace(/^data\./, '').split('.');
  const [section, ...rest] = parts;
  const direct = lookUp(settings, parts);
  // Where data comes from is stored as a part of its own.
  const isOfData = section === 'calibration' || section === 'evaluation';
  return direct === undefined && isOfData ? lookUp(settings, [section, 'source', ...rest]) : direct;
}

function lookUp(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (inner === null || inner === undefined) return inner;
    return isSection(inner) && Object.hasOwn(inner, part) ? inner[part] : undefined;
  }, value);
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
