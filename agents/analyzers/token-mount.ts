import { z } from 'zod';
import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import { serviceAccounts } from '../analysis/kubernetes/access.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { flag } from '../analysis/kubernetes/partial.ts';
import { quoteField } from '../analysis/quoting.ts';
import { type Crash, crashBase, type Words } from './crash.ts';
import type { Finding } from './define-analyzer.ts';

/** What programs say that want to talk to the API server and have no token: a file that the kubelet puts into every pod. */
const tokenMissing =
  /serviceaccount\/(token|ca\.crt|namespace)\b.*(no such file|not exist|ENOENT|not found)|(no such file|not exist|ENOENT|not found).*serviceaccount\/(token|ca\.crt|namespace)\b|service token file does not exist/i;

const automountSchema = z.looseObject({ automountServiceAccountToken: flag });

/** The pod is not given its account's token, by its template or by the account, and its program ends for want of it. */
export function missingToken(crash: Crash, words: Words): Finding | undefined {
  if (!tokenMissing.test(words.text)) return undefined;
  const base = crashBase(crash);
  const workload = workloadAt(crash.snapshot, base.object);
  const spec = automountSchema.parse(workload?.spec?.template?.spec ?? crash.pod.spec ?? {});
  const name = crash.pod.spec?.serviceAccountName ?? 'default';
  const account = serviceAccounts(crash.snapshot).find(
    ({ ref }) => ref.name === name && ref.namespace === crash.pod.ref.namespace,
  );
  const byTemplate = spec.automountServiceAccountToken === false;
  // What the template says goes before what the account says.
  const byAccount =
    spec.automountServiceAccountToken === undefined &&
    account !== undefined &&
    automountSchema.parse(account.raw).automountServiceAccountToken === false;
  const holder = byTemplate ? workload : byAccount ? account : undefined;
  const path = byTemplate
    ? pointer('spec', 'template', 'spec', 'automountServiceAccountToken')
    : '/automountServiceAccountToken';
  const message = `${formatObject(crash.pod.ref)}: container ${crash.status.name} ends because it has no token of its account`;
  return {
    ...base,
    ...(byAccount && account !== undefined
      ? { object: account.ref, through: [base.object, ...base.through] }
      : {}),
    code: 'config.other',
    message:
      holder === undefined ? message : `${message}: ${formatObject(holder.ref)} says that none is mounted`,
    evidence: [
      ...words.quotes,
      ...(holder === undefined ? [] : quoteField(holder, '.…automountServiceAccountToken', false, 0.6)),
      ...base.evidence,
    ],
    certainty: holder === undefined ? 0.7 : 0.92,
    fixHint: {
      facets: ['security', 'volumes'],
      ...(holder === undefined
        ? {}
        : {
            steps: [
              {
                action: 'patch',
                object: holder.ref,
                arguments: { operations: [{ op: 'replace', path, value: true }] },
                why: `new pods of ${formatObject(base.object)} get their account's token`,
                undo: 'set automountServiceAccountToken to false again',
              },
            ],
          }),
    },
  };
}
