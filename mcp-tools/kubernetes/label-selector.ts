import { UnderstudyError } from '#domain/errors.ts';

type Labels = Readonly<Record<string, string>>;
type Fits = (labels: Labels) => boolean;

const name = '[A-Za-z0-9./_-]+';
const forms: readonly (readonly [RegExp, (key: string, value: string) => Fits])[] = [
  [
    new RegExp(`^(${name})\\s*(?:==|=)\\s*(${name}|)$`),
    (key, value) => (labels) => (labels[key] ?? null) === value,
  ],
  [new RegExp(`^(${name})\\s*!=\\s*(${name}|)$`), (key, value) => (labels) => labels[key] !== value],
  [
    new RegExp(`^(${name})\\s+in\\s+\\(([^()]*)\\)$`),
    (key, value) => (labels) => labels[key] !== undefined && valuesOf(value).includes(labels[key]),
  ],
  [
    new RegExp(`^(${name})\\s+notin\\s+\\(([^()]*)\\)$`),
    (key, value) => (labels) => labels[key] === undefined || !valuesOf(value).includes(labels[key]),
  ],
  [new RegExp(`^!\\s*(${name})()$`), (key) => (labels) => labels[key] === undefined],
  [new RegExp(`^(${name})()$`), (key) => (labels) => labels[key] !== undefined],
];

function valuesOf(list: string): string[] {
  return list.split(',').map((value) => value.trim());
}

function requirement(text: string): Fits {
  for (const [form, make] of forms) {
    const match = form.exec(text);
    if (match !== null) return make(match[1] ?? '', match[2] ?? '');
  }
  throw new UnderstudyError('bad-input', `labelSelector: "${text}" is not a requirement such as app=cart`);
}

/**
 * A label selector as the Kubernetes API takes it (`a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas),
 * as a test of labels. Throws `bad-input` for anything else.
 */
export function parseSelector(selector: string | undefined): Fits {
  const parts = (selector ?? '')
    .split(/,(?![^()]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const all = parts.map(requirement);
  return (labels) => all.every((fits) => fits(labels));
}
