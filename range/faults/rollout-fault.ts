import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type { CauseCode } from '#domain/causes/codes.ts';
import type { ServiceName } from '../shop/blueprint.ts';
import type { ShopNames } from '../shop/names.ts';
import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault, everyLevel, type Fault } from './fault.ts';

type RolloutFault = Pick<Fault, 'name' | 'title'> & {
  of: ServiceName;
  /** The finest causes that the evidence supports. */
  causes: readonly CauseCode[];
  /** Fields of the service's container. */
  container?: (names: ShopNames) => Partial<V1Container>;
  /** Fields of the pod beside its containers. */
  pod?: (names: ShopNames) => Omit<Partial<V1PodSpec>, 'containers'>;
  /** What the pipeline notes of it, after the service's name. */
  note: string;
  /** It shows in the states of objects, whether containers run or not. */
  inObjects?: true;
};

/** Something that the pipeline delivers with a rollout of one service, and that going back on the rollout mends. */
export function rolloutFault(fault: RolloutFault): Fault {
  const { name, title, of, causes, container, pod, note, inObjects } = fault;
  return defineFault({
    ...{ name, title },
    declare: {
      object: { kind: 'Deployment', of },
      causes,
      mendBy: ['rollout-undo', 'patch', 'set-image', 'set-resources'],
      verifiedWhen: [runsAsWanted(of), failsRarely(of)],
    },
    ...(inObjects === true ? { levels: everyLevel } : {}),
    changes: (names) => [
      rollOut(names, of, {
        ...(container === undefined ? {} : { container: container(names) }),
        ...(pod === undefined ? {} : { pod: pod(names) }),
        cause: `${names.services[of]} ${note}`,
      }),
    ],
  });
}
