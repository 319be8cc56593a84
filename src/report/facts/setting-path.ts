/**
 * The dotted path in the experiment file of a setting, from its path in a trial's stored settings:
 * `data.calibration.path` of `calibration.source.path`. As view v_setting has it.
 */
export function settingPath(stored: string): string {
  const [section] = stored.split('.');
  if (section !== 'evaluation' && section !== 'calibration' && section !== 'preprocess') return stored;
  return `data.${stored.replace('.source.', '.')}`;
}
