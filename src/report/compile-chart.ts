import type { LoggerInterface, Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { chartConfig } from './theme.js';

/** A chart as the page draws it. */
export interface CompiledChart {
  readonly spec: Spec;
  /** What Vega-Lite warned of: each means that the chart may show something else than was meant. Tests want none. */
  readonly warnings: readonly string[];
}

/**
 * Vega-Lite to Vega, with the report's theme; colours remain tokens and the data set `rows` remains empty for the page
 * to fill.
 */
export function compileChart(chart: TopLevelSpec): CompiledChart {
  const warnings: string[] = [];
  const logger: LoggerInterface = {
    level: levelOf,
    error: note,
    warn: note,
    info: () => logger,
    debug: () => logger,
  };
  const { spec } = compile(chart, { config: chartConfig, logger });
  return { spec, warnings };

  function note(...messages: readonly unknown[]): LoggerInterface {
    warnings.push(messages.map(String).join(' '));
    return logger;
  }

  function levelOf(level: number): LoggerInterface;
  function levelOf(): number;
  function levelOf(level?: number): LoggerInterface | number {
    return level === undefined ? 0 : logger;
  }
}
