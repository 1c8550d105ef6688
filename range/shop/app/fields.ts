import { RequestError } from './errors.ts';

/** A field of a JSON body; throws a RequestError (400) that names it where it is missing or of another type. */
function field(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name))
    throw new RequestError(400, `the body has no field "${name}"`);
  return Reflect.get(body, name);
}

export function textField(body: unknown, name: string): string {
  const value = field(body, name);
  if (typeof value !== 'string' || value === '')
    throw new RequestError(400, `field "${name}" must be a text`);
  return value;
}

export function numberField(body: unknown, name: string): number {
  const value = field(body, name);
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RequestError(400, `field "${name}" must be a number`);
  return value;
}

export function listField(body: unknown, name: string): readonly unknown[] {
  const value = field(body, name);
  if (!Array.isArray(value)) throw new RequestError(400, `field "${name}" must be a list`);
  return value;
}

export function textListField(body: unknown, name: string): readonly string[] {
  return listField(body, name).map((value) => {
    if (typeof value !== 'string') throw new RequestError(400, `field "${name}" must be a list of texts`);
    return value;
  });
}
