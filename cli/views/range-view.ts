import type { Range } from '#range/start.ts';
import { fieldLines } from './layout.ts';
import type { Style } from './style.ts';

/** Where a range that runs alone is, and what to write into `understudy.yaml` to have it looked after. */
export function renderRange(
  {
    cluster,
    prometheusUrl,
    alertmanagerUrl,
  }: Pick<Range, 'prometheusUrl' | 'alertmanagerUrl'> & {
    cluster: Pick<Range['cluster'], 'name' | 'kubeconfigs'>;
  },
  webhookUrl: string,
  { words, paint }: Style,
): string {
  const fields = fieldLines(
    [
      ['Prometheus', prometheusUrl],
      ['Alertmanager', alertmanagerUrl],
      [words.up.alertsTo, webhookUrl],
    ],
    { indent: 2, columns: 200, label: paint.quiet },
  );
  return [
    paint.strong(words.range.started(cluster.name)),
    ...fields,
    '',
    `  ${words.range.lookedAfter}`,
    '',
    '    clusters:',
    `      - name: ${cluster.name}`,
    `        kubeconfig: ${cluster.kubeconfigs.reader}`,
    `        actorKubeconfig: ${cluster.kubeconfigs.actor}`,
    `    prometheusUrl: ${prometheusUrl}`,
    `    alertmanagerUrl: ${alertmanagerUrl}`,
  ].join('\n');
}
