import { stringify } from 'yaml';
import type { Intervals } from './intervals.ts';

export type Webhook = {
  url: string;
  /** File with the bearer token, readable for its owner alone. */
  tokenFile: string;
};

/**
 * Alertmanager's configuration: what goes wrong in a namespace within a moment is one message, since it is most likely one
 * thing. Alerts of severity `info` are for looking up and are sent to nobody.
 */
export function alertmanagerConfig(webhook: Webhook, intervals: Intervals): string {
  const http = { authorization: { type: 'Bearer', credentials_file: webhook.tokenFile } };
  return stringify({
    route: {
      receiver: 'on-call',
      group_by: ['cluster', 'namespace'],
      group_wait: `${intervals.groupWaitSeconds}s`,
      group_interval: `${intervals.groupIntervalSeconds}s`,
      repeat_interval: `${intervals.repeatSeconds}s`,
      routes: [{ receiver: 'nobody', matchers: ['severity="info"'] }],
    },
    receivers: [
      { name: 'on-call', webhook_configs: [{ url: webhook.url, send_resolved: true, http_config: http }] },
      { name: 'nobody' },
    ],
    inhibit_rules: [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ['namespace', 'alertname', 'service'],
      },
    ],
  });
}
