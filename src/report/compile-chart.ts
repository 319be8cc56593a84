import type { Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { chartConfig } from './theme.js';

/**
 * Vega-Lite to Vega, with the report's theme; colours remain tokens and the data set `rows` remains empty for the page
 * to fill. Throws where Vega-Lite warns: a warning means that the chart shows something else than was meant.
 */
export function compileChart(spec: TopLevelSpec, figure: string): Spec {
  const warnings: string[] = [];
  const logger = {
    level: () => logger,
    error: (...args: readonly unknown[]) => note(args),
    warn: (...args: readonly unknown[]) => note(args),
    info: () => logger,
    debug: () => logger,
  };
  const note = (args: readonly unknown[]): typeof logger => {
    warnings.push(args.map(String).join(' '));
    return logger;
  };
  const compiled = compile(spec, { config: chartConfig, logger: logger as never }).spec;
  if (warnings.length > 0) {
    throw new Error(`Expected the chart "${figure}" to compile without warnings, got: ${warnings.join('; ')}`);
  }
  return compiled;
}
