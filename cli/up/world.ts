import type { BackEnds } from '#domain/back-ends.ts';
import { backEndsOf, type Configuration } from '#domain/configuration.ts';
import type { ServiceCatalogue } from '#domain/service-catalogue.ts';
import { type Range, startRange } from '#range/start.ts';
import type { UpOptions } from './up.ts';

type KubeAccess = { readonly name: string; readonly kubeconfig: string; readonly context?: string };

/** What Understudy looks after. */
export type World = {
  /** For reading. */
  readonly clusters: readonly KubeAccess[];
  /** For acting; empty: nothing can be done. */
  readonly actorClusters: readonly KubeAccess[];
  readonly prometheusUrl?: string;
  readonly alertmanagerUrl?: string;
  /** Stores of logs and traces, and clouds. */
  readonly backEnds: BackEnds;
  readonly serviceCatalogue: ServiceCatalogue;
  readonly range?: Range;
};

function access(name: string, kubeconfig: string, context: string | undefined): KubeAccess {
  return { name, kubeconfig, ...(context === undefined ? {} : { context }) };
}

/** The user's own things, as the configuration names them. */
export async function givenWorld(configuration: Configuration): Promise<World> {
  const { clusters, prometheusUrl, alertmanagerUrl, serviceCatalogue } = configuration;
  return {
    clusters: clusters.map(({ name, kubeconfig, context }) => access(name, kubeconfig, context)),
    actorClusters: clusters.flatMap(({ name, actorKubeconfig, actorContext }) =>
      actorKubeconfig === undefined ? [] : [access(name, actorKubeconfig, actorContext)],
    ),
    ...(prometheusUrl === undefined ? {} : { prometheusUrl }),
    ...(alertmanagerUrl === undefined ? {} : { alertmanagerUrl }),
    backEnds: backEndsOf(configuration),
    serviceCatalogue,
  };
}

/** The practice range, whatever the shell's KUBECONFIG or the user's configuration say. */
export async function practiceWorld(
  options: UpOptions,
  webhook: { readonly serverPort: number; readonly intakeKeyFile: string },
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<World> {
  const range = await startRange({
    stateFolder: options.stateFolder,
    progress: options.progress,
    signal: options.signal,
    webhookUrl: `http://127.0.0.1:${webhook.serverPort}/api/v1/intake/alertmanager`,
    webhookTokenFile: webhook.intakeKeyFile,
    ...(options.rangeLevel === undefined ? {} : { level: options.rangeLevel }),
    ...(options.shopNames === undefined ? {} : { names: options.shopNames }),
  });
  onStop(() => range.stop());
  const { cluster } = range;
  return {
    clusters: [access(cluster.name, cluster.kubeconfigs.reader, undefined)],
    actorClusters: [access(cluster.name, cluster.kubeconfigs.actor, undefined)],
    prometheusUrl: range.prometheusUrl,
    alertmanagerUrl: range.alertmanagerUrl,
    backEnds: {},
    serviceCatalogue: range.serviceCatalogue,
    range,
  };
}
