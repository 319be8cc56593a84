import type { Figure, SectionId } from '../figures/figure.js';
import { askedQuestions } from '../questions/asked-questions.js';
import { questions, type QuestionKind } from '../questions/registry.js';
import type { SweepShape } from '../questions/sweep-shape.js';

/** A part of the page with its figures. */
export interface PagePart {
  /** The element's id. */
  readonly id: string;
  readonly title: string;
  /** The question that it answers; null for parts that every sweep has. */
  readonly question: QuestionKind | null;
  readonly figures: readonly Figure[];
}

/** Which figure stands where in a sweep's page. Each figure stands once. */
export interface PageOrder {
  /** What may lead, beside the answer: the first of them that has something to show does. */
  readonly leads: readonly Figure[];
  /** The others, in order. Those of `leads` that do not lead come with the first part. */
  readonly parts: readonly PagePart[];
}

/** What each setting does, in any sweep with two of them or more. */
const axisFigures: readonly string[] = ['axis-effects', 'axis-interactions', 'parallel-coordinates'];

/** The network stands before the layers, which it leads to. */
function partOf({ id, section }: Figure): SectionId {
  return id === 'network' ? 'network' : section;
}

/** Parts of every page, behind the questions; figures are in them by their section. */
const fixedParts: readonly (readonly [SectionId, string])[] = [
  ['trials', 'Trials'],
  ['network', 'The network'],
  ['layers', 'Layers'],
  ['ranges', 'Quantizer ranges'],
  ['provenance', 'Provenance'],
];

/**
 * The order of a sweep's page: the figure that answers the leading question, the rest of that
 * question, the other questions that the sweep asks, what each axis does, then trials, network,
 * layers, ranges, figures of questions that the sweep does not ask (most have nothing to show) and
 * provenance.
 */
export function pageOrder(figures: readonly Figure[], shape: SweepShape): PageOrder {
  const left = new Map(figures.map((figure) => [figure.id, figure]));
  const take = (ids: readonly string[]): Figure[] =>
    ids.flatMap((id) => {
      const figure = left.get(id);
      left.delete(id);
      return figure === undefined ? [] : [figure];
    });
  const [leading, ...others] = askedQuestions(shape);
  const leads = take([questions[leading].lead(shape), ...questions[leading].figures]);
  const asked = others.map((kind) => ({
    id: `question-${kind}`,
    title: questions[kind].title,
    question: kind,
    figures: take([questions[kind].lead(shape), ...questions[kind].figures]),
  }));
  const axes = {
    id: 'axes',
    title: 'What each setting does',
    question: null,
    figures: shape.dimensions > 1 ? take(axisFigures) : [],
  };
  const fixed = fixedParts.map(([id, title]) => ({
    id,
    title,
    question: null,
    figures: take([...left.values()].filter((figure) => partOf(figure) === id).map((figure) => figure.id)),
  }));
  const rest = { id: 'rest', title: 'Further figures', question: null, figures: [...left.values()] };
  return { leads, parts: [...asked, axes, ...fixed.slice(0, -1), rest, ...fixed.slice(-1)] };
}
