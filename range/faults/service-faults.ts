import type { CauseCode } from '#domain/causes/codes.ts';
import type { ServiceName } from '../shop/blueprint.ts';
import { failsRarely, hasEndpoints, isAskedAgain } from './checks.ts';
import { editService } from './cluster-change.ts';
import { defineFault, everyLevel, type Fault } from './fault.ts';

type ServiceFault = Pick<Fault, 'name' | 'title'> & {
  of: ServiceName;
  causes: readonly CauseCode[];
  spec: Record<string, unknown>;
  inObjects?: true;
};

/** Somebody edits a Service; putting the field back mends it. */
function serviceFault({ name, title, of, causes, spec, inObjects }: ServiceFault): Fault {
  return defineFault({
    ...{ name, title },
    declare: {
      object: { kind: 'Service', of },
      causes,
      mendBy: ['patch'],
      verifiedWhen: [hasEndpoints(of), isAskedAgain(of), failsRarely('storefront')],
    },
    ...(inObjects === true ? { levels: everyLevel } : {}),
    changes: (names) => [editService(names, of, spec)],
  });
}

/** Services that lead to nobody, or to a door where nobody is. */
export const serviceFaults: readonly Fault[] = [
  serviceFault({
    name: 'target-port',
    title: { en: 'A Service that leads to a port where nobody listens', zh: 'Service 目标端口错误' },
    of: 'catalog',
    causes: ['service.target-port-mismatch'],
    spec: { ports: [{ port: 80, targetPort: 8081 }] },
  }),
  serviceFault({
    name: 'target-port-name',
    title: {
      en: 'A Service that leads to a port of a name that no container has',
      zh: 'Service 目标端口名称错误',
    },
    of: 'cart',
    causes: ['service.target-port-mismatch'],
    spec: { ports: [{ port: 80, targetPort: 'web' }] },
    inObjects: true,
  }),
  serviceFault({
    name: 'selector-of-another-release',
    title: { en: 'A Service that selects a release that does not run', zh: 'Service 选择了未运行的版本' },
    of: 'shipping',
    causes: ['service.selector-mismatch'],
    spec: { selector: { 'app.kubernetes.io/version': '2.1.0' } },
    inObjects: true,
  }),
  serviceFault({
    name: 'selector-typo',
    title: { en: 'A Service with a mistyped selector', zh: 'Service 选择器拼写错误' },
    of: 'payment',
    causes: ['service.selector-mismatch'],
    spec: { selector: { 'app.kubernetes.io/part-of': 'leaf-and-pots' } },
    inObjects: true,
  }),
];
