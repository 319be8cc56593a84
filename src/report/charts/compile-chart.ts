import type { LoggerInterface, Signal, Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { silenceMarks } from './silent-marks.js';
import { chartConfig } from './theme.js';

/** A chart as the page draws it. */
export interface CompiledChart {
  readonly spec: Spec;
  /**
   * What Vega-Lite warned of: each means that the chart may show something else than was meant.
   * Tests want none.
   */
  readonly warnings: readonly string[];
}

/**
 * Vega-Lite to Vega, with the report's theme; colours remain tokens and the data set `rows` remains
 * empty for the page to fill.
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
  return { spec: silenceMarks(fitted(spec)), warnings };

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

/**
 * What makes a concatenation as wide as its place in the page, which Vega-Lite offers for single
 * charts only: its charts (all of one width given as a number) get the place's width less `beside`,
 * a Vega expression in pixels for what stands beside them.
 */
export function fitWidth(beside: string): { readonly beside: string } {
  return { beside };
}

function fitted(spec: Spec): Spec {
  const beside: unknown = (spec.usermeta as { readonly beside?: unknown } | undefined)?.beside;
  if (typeof beside !== 'string') return spec;
  const update = `max(120, containerSize()[0] - (${beside}))`;
  const width: Signal = { name: 'width', init: update, on: [{ update, events: 'window:resize' }] };
  // A signal is known to those after it: parameters of the expression come first.
  const others = Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'width'));
  return { ...others, signals: [...(spec.signals ?? []), width] };
}
