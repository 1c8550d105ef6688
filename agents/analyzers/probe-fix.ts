import { type PatchOperation, pointer } from '#domain/actions/json-patch.ts';
import { type Probe, portNumber, probeKinds, probeTarget } from '../analysis/kubernetes/pod-template.ts';
import type { FixHint } from './define-analyzer.ts';
import type { ProbeCase } from './probe-fault.ts';

/** What puts a probe right in place, with the values of what is known to work. */

const facets = ['probes', 'ports'] as const;
const widerFacets = ['probes', 'ports', 'image', 'environment'] as const;

/** Where the probe stands in its workload's template; undefined where that is not known. */
function placeOf({ workload, container, kind }: ProbeCase): string | undefined {
  const index =
    workload?.spec?.template?.spec?.containers.findIndex(({ name }) => name === container.name) ?? -1;
  return index < 0 ? undefined : pointer('spec', 'template', 'spec', 'containers', index, kind);
}

function patch({ object, kind }: ProbeCase, operations: readonly PatchOperation[], why: string): FixHint {
  return {
    facets,
    steps: [
      {
        action: 'patch',
        object,
        arguments: { operations: [...operations] },
        why,
        undo: `set the ${kind} back to what it was`,
      },
    ],
  };
}

/** Asks at the port at which the container listens. */
export function rightPort(probeCase: ProbeCase, port: number | undefined): FixHint {
  const place = placeOf(probeCase);
  const target = probeTarget(probeCase.probe);
  if (port === undefined || target === undefined || place === undefined) return { facets };
  const operation = { op: 'replace' as const, path: `${place}/${target.field}/port`, value: port };
  const asked = target.port ?? 'the probed port';
  return patch(
    probeCase,
    [operation],
    `container ${probeCase.container.name} listens on ${port}, not on ${asked}`,
  );
}

const handlers = ['httpGet', 'tcpSocket', 'grpc'] as const;

function handlerOf(probe: Probe) {
  return handlers.flatMap((field) => {
    const value = probe[field];
    return value === undefined ? [] : [{ field, value }];
  })[0];
}

/** Another probe of the container that asks at the same port and is met. */
function siblingOf({ container, kind, probe, failing }: ProbeCase) {
  const port = portNumber(container, probeTarget(probe)?.port);
  return probeKinds
    .filter((other) => other !== kind && !failing.has(other))
    .flatMap((other) => {
      const sibling = container[other];
      const handler = sibling === undefined ? undefined : handlerOf(sibling);
      const asked = sibling === undefined ? undefined : portNumber(container, probeTarget(sibling)?.port);
      return handler === undefined || asked !== port ? [] : [{ other, handler }];
    })[0];
}

/** Asks in the way in which another probe at the same port is met. */
export function rightHandler(probeCase: ProbeCase): FixHint {
  const place = placeOf(probeCase);
  const own = handlerOf(probeCase.probe);
  const sibling = siblingOf(probeCase);
  if (place === undefined || own === undefined || sibling === undefined) return { facets: widerFacets };
  const { other, handler } = sibling;
  if (handler.field === 'tcpSocket') return { facets: widerFacets };
  const why = `the ${other} asks at the same port by ${handler.field} and is met`;
  const value = handler.value;
  if (handler.field === own.field) {
    return patch(probeCase, [{ op: 'replace', path: `${place}/${own.field}`, value }], why);
  }
  return patch(
    probeCase,
    [
      { op: 'remove', path: `${place}/${own.field}` },
      { op: 'add', path: `${place}/${handler.field}`, value },
    ],
    why,
  );
}

/** One second is the default, and little for a program that is busy. */
const shortTimeoutSeconds = 1;
const enoughTimeoutSeconds = 5;

/** Waits longer for an answer, where it waited hardly at all. */
export function moreTime(probeCase: ProbeCase): FixHint {
  const place = placeOf(probeCase);
  const { timeoutSeconds } = probeCase.probe;
  if (place === undefined || (timeoutSeconds ?? shortTimeoutSeconds) > shortTimeoutSeconds)
    return { facets: widerFacets };
  const path = `${place}/timeoutSeconds`;
  const operation = {
    op: timeoutSeconds === undefined ? 'add' : 'replace',
    path,
    value: enoughTimeoutSeconds,
  } as const;
  return patch(
    probeCase,
    [operation],
    `it is given ${enoughTimeoutSeconds} s to answer in place of ${timeoutSeconds ?? shortTimeoutSeconds} s`,
  );
}
