import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';

const silencesSchema = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.string() }),
    matchers: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
);
const author = 'range';

/** Silences every alert of a namespace, as one does before taking it away. */
export async function silenceNamespace(
  alertmanagerUrl: string,
  namespace: string,
  durationMs: number,
): Promise<void> {
  const now = Date.now();
  const answer = await fetch(`${alertmanagerUrl}/api/v2/silences`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      matchers: [{ name: 'namespace', value: namespace, isRegex: false, isEqual: true }],
      startsAt: new Date(now).toISOString(),
      endsAt: new Date(now + durationMs).toISOString(),
      createdBy: author,
      comment: `${namespace} is being removed`,
    }),
  });
  if (!answer.ok) {
    const said = `${answer.status} ${await answer.text()}`;
    throw new UnderstudyError('unavailable', `Alertmanager refused a silence for ${namespace}: ${said}`);
  }
}

/** Ends the silences of a namespace, which is used again. */
export async function unsilenceNamespace(alertmanagerUrl: string, namespace: string): Promise<void> {
  const silences = silencesSchema.parse(await (await fetch(`${alertmanagerUrl}/api/v2/silences`)).json());
  const ours = silences.filter(
    ({ status, matchers }) =>
      status.state === 'active' &&
      matchers.some(({ name, value }) => name === 'namespace' && value === namespace),
  );
  for (const { id } of ours) await fetch(`${alertmanagerUrl}/api/v2/silence/${id}`, { method: 'DELETE' });
}
