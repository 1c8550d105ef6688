import { redactText } from './redaction.ts';
import { isCountOf, isNoSecret, isOfSettingsToo, isSecretName } from './secret-names.ts';

const namedMark = '[redacted:named-secret]';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says where a secret is kept or what it is for, and is none: `secret: {secretName}`, `password: {name, key}`. */
const references =
  /^(?:name|namespace|secretName|kind|apiVersion|apiGroup|group|type|path|mountPath|audience|optional|user(?:name)?|host|port|database|url|\w{0,64}Ref)$/;

/** A field within what stands under a secret's name. A `key` is the name of one where it stands beside what it is in. */
function isReference(field: string, fields: Fields): boolean {
  if (field === 'key') return ['name', 'path', 'secretName'].some((beside) => beside in fields);
  return references.test(field);
}

/** What stands under the name of a secret, its form kept: every text in it is one, unless it says where the secret is. */
function hide(name: string, value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith('[redacted:') || isNoSecret(name, value) ? redactText(value) : namedMark;
  if (typeof value === 'number') return isCountOf(name) ? value : namedMark;
  if (Array.isArray(value)) return value.map((item) => hide(name, item));
  if (!isFields(value)) return value;
  if (isOfSettingsToo(name)) return redactValue(value);
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      if (isReference(field, value)) return [field, redactValue(inner)];
      // Numbers in there are lengths, ports and times.
      return [field, typeof inner === 'number' ? inner : hide(name, inner)];
    }),
  );
}

/** The name of the secret that comes after this item: `["--password", "x"]`. */
function flagOf(item: unknown): string | undefined {
  const name = typeof item === 'string' ? /^--?([A-Za-z][\w.-]{0,127})$/.exec(item)?.[1] : undefined;
  return name !== undefined && isSecretName(name) ? name : undefined;
}

const userFlags: readonly unknown[] = ['-u', '-U', '--user', '--proxy-user'];

function redactItem(item: unknown, before: unknown): unknown {
  if (typeof item !== 'string') return redactValue(item);
  const flag = flagOf(before);
  if (flag !== undefined && !item.startsWith('-')) return hide(flag, item);
  if (userFlags.includes(before)) return redactText(`-u ${item}`).slice('-u '.length);
  return redactText(item);
}

/** `{name: "DB_PASSWORD", value: "…"}`, the way that environment variables and headers are written. */
function nameBeside(fields: Fields): string | undefined {
  const name = fields.name ?? fields.key;
  return typeof name === 'string' && 'value' in fields && isSecretName(name) ? name : undefined;
}

/**
 * A copy of a plain value in which every text is redacted: by what it looks like, and by the name under which it stands.
 * Its form stays, and so do its keys; a number is taken for a secret only where the name says so.
 */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item, index) => redactItem(item, value[index - 1]));
  if (!isFields(value)) return value;
  const named = nameBeside(value);
  const entries = Object.entries(value).map(([key, field]) => {
    if (named !== undefined && key === 'value') return [key, hide(named, field)];
    return [key, isSecretName(key) ? hide(key, field) : redactValue(field)];
  });
  return Object.fromEntries(entries);
}
