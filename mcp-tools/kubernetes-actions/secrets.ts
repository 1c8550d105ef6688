import { z } from 'zod';
import type { InverseCall } from '#domain/actions/define-action.ts';
import { type FieldChange, valueAt } from '#domain/actions/json-patch.ts';
import { fieldChangeSchema } from '#domain/gate.ts';
import { canonicalJson } from '#domain/hash.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { redactValue } from '../runtime/redact-value.ts';
import { isSecretName } from '../runtime/secret-names.ts';

/** A change shows values by their path, apart from the names that would give a secret away: here both come together. */

const secretMark = '[redacted:named-secret]';

/**
 * True for `/data/DB_PASSWORD`, for `/…/env/3/value` where the variable beside it is called `DB_PASSWORD`, and for what
 * comes after `--password` in `/…/args`.
 */
function isSecretPath(live: KubernetesObject, path: string): boolean {
  const shown = valueAt(redactValue(live), path);
  if (shown === secretMark) return true;
  const end = path.lastIndexOf('/');
  const field = path.slice(end + 1);
  if (isSecretName(field)) return true;
  const name = field === 'value' ? valueAt(live, `${path.slice(0, end)}/name`) : undefined;
  return typeof name === 'string' && isSecretName(name);
}

/**
 * Changes as they are shown. Every answer of this server is redacted on its way out; it is done here already, so that the
 * digest of what is shown is that of what arrives.
 */
export function shownChanges(live: KubernetesObject, changes: readonly FieldChange[]): FieldChange[] {
  const marked = changes.map((change) =>
    isSecretPath(live, change.path)
      ? {
          path: change.path,
          ...(change.before === undefined ? {} : { before: secretMark }),
          ...(change.after === undefined ? {} : { after: secretMark }),
        }
      : change,
  );
  return z.array(fieldChangeSchema).parse(redactValue(marked));
}

const operationsSchema = z.looseObject({ operations: z.array(z.looseObject({ path: z.string() })) });

/** An inverse whose arguments would lose a secret on the way could not bring it back: there is none then. */
export function transportable(
  live: KubernetesObject,
  inverse: InverseCall | undefined,
): InverseCall | undefined {
  if (inverse === undefined) return undefined;
  const operations = operationsSchema.safeParse(inverse.arguments).data?.operations ?? [];
  if (operations.some(({ path }) => isSecretPath(live, path))) return undefined;
  return canonicalJson(redactValue(inverse)) === canonicalJson(inverse) ? inverse : undefined;
}
