import { resolve } from 'node:path';
import { findingSchemas, type Triage } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Evidence } from '#domain/evidence.ts';
import { type Instant, toMs } from '#domain/time.ts';
import type { Files } from '#mcp-tools/bundle/write/answers.ts';
import { filesOfEvidence } from '#mcp-tools/bundle/write/files-of-evidence.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import { type CliContext, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { incidentIdOf } from '../ids.ts';
import { connect } from '../instance.ts';
import type { IncidentReading } from '../wire.ts';

function triageOf({ turns }: IncidentReading): Triage | undefined {
  const found = turns.findLast(({ task, decision }) => task === 'triage' && decision.kind === 'finding');
  return found?.decision.kind === 'finding'
    ? findingSchemas.triage.safeParse(found.decision.finding).data
    : undefined;
}

/** The moment that the last diagnosis was made of; later looks are at what a step did. */
function diagnosedAt({ turns }: IncidentReading): string | undefined {
  return turns.findLast(({ task, decision }) => task === 'diagnose' && decision.kind === 'finding')?.asOf;
}

/** The alerts as they stood then: what came later was not known, and what has ended since was firing. */
function alertsAt(alerts: readonly Alert[], asOf: Instant): Alert[] {
  return alerts
    .filter(({ startsAt }) => toMs(startsAt) <= toMs(asOf))
    .map((alert) => {
      const { endsAt, ...begun } = alert;
      const hasEnded = alert.status === 'resolved' && (endsAt === undefined || toMs(endsAt) <= toMs(asOf));
      return hasEnded ? alert : { ...begun, status: 'firing' };
    });
}

/** What an incident's last diagnosis was made of, as a bundle. Throws `conflict` where there is no diagnosis yet. */
export function filesOfIncident(reading: IncidentReading, evidence: readonly Evidence[]): Files {
  const asOf = diagnosedAt(reading);
  if (asOf === undefined) {
    const message = `incident ${reading.incident.id} has not been diagnosed yet: there is nothing to export`;
    throw new UnderstudyError('conflict', message);
  }
  const triage = triageOf(reading);
  const { incident, alerts } = reading;
  return filesOfEvidence(
    {
      cluster: triage?.cluster ?? incident.cluster ?? 'unknown',
      namespaces: triage?.namespace === undefined ? [] : [triage.namespace],
      capturedAt: asOf,
      startsAt: incident.openedAt,
      groupKey: incident.groupKey,
      alerts: alertsAt(alerts, asOf),
    },
    evidence.filter((one) => toMs(one.asOf) <= toMs(asOf)),
  );
}

/** Answers `understudy bundle export`. */
export async function exportBundle(context: CliContext, prefix: string, folder: string): Promise<ExitCode> {
  const { words, cwd } = context;
  const client = await connect(context);
  const id = await incidentIdOf(client, prefix, words);
  const files = filesOfIncident(await client.incident(id), await client.evidence(id));
  const target = resolve(cwd, folder);
  await writeBundleFiles(target, files);
  printData(context, { incident: id, folder: target, files: [...files.keys()] }, () =>
    words.bundle.captured(target, files.size),
  );
  return exitCodes.ok;
}
