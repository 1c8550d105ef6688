import { formatObject } from '#domain/object-ref.ts';
import { type Ingress, ingressClasses, ingresses } from '../analysis/kubernetes/routing.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import type { Finding } from './define-analyzer.ts';
import { patchOf, sinceOf } from './ingress-fix.ts';

/** Classes that a provider's own controller answers to without an IngressClass. */
const providersOwn =
  /^(gce|gce-internal|azure\/application-gateway|azure-application-gateway|alb|addon-http-application-routing|webapprouting\..*|gke-.*|openshift-.*|public-iks-.*|private-iks-.*)$/;

function isAddressed({ status }: Ingress): boolean {
  return (status?.loadBalancer?.ingress ?? []).length > 0;
}

/** Says that this class serves what names none (Kubernetes documentation, "Default IngressClass"). */
const defaultClass = 'ingressclass.kubernetes.io/is-default-class';
/** The older way to name a class. */
const classAnnotation = 'kubernetes.io/ingress.class';

/** Where there is one class only, it is the one to name. */
function onlyClassStep(ingress: Ingress, classes: ReturnType<typeof ingressClasses>, named?: string) {
  const [only, ...others] = classes;
  if (only === undefined || others.length > 0) return undefined;
  const why = `${formatObject(only.ref)} is the only class`;
  return patchOf(ingress, '/spec/ingressClassName', only.ref.name, why, named);
}

/**
 * It names no class, and none is the default: nobody has to serve it. Some controllers do all the same; that this one's does
 * not shows where it writes addresses into others and none into this.
 */
function classlessFindings(
  snapshot: Snapshot,
  ingress: Ingress,
  classes: ReturnType<typeof ingressClasses>,
): Finding[] {
  const named = ingress.annotations[classAnnotation] !== undefined;
  const served = classes.some(({ annotations }) => annotations[defaultClass] === 'true');
  if (named || served || classes.length === 0 || isAddressed(ingress)) return [];
  const othersAddressed = ingresses(snapshot).some(isAddressed);
  const step = onlyClassStep(ingress, classes);
  return [
    {
      object: ingress.ref,
      code: 'routing.ingress-class-missing',
      severity: othersAddressed ? 'error' : 'warning',
      message: `${formatObject(ingress.ref)} names no class, and no class is the default: no controller has to serve it`,
      evidence: [
        ...quoteField(
          ingress,
          '.spec.rules[].host',
          ingress.spec?.rules.find(({ host }) => host !== undefined)?.host,
          0.3,
        ),
        ...quoteField(ingress, '.metadata.name', ingress.ref.name, 0.2),
      ],
      certainty: othersAddressed ? 0.8 : 0.5,
      consequence: false,
      ...sinceOf(ingress),
      ...(step === undefined ? {} : { fixHint: { steps: [step] } }),
    },
  ];
}

/** A class that is not there, or none where none is the default. */
export function classFindings(snapshot: Snapshot, ingress: Ingress): Finding[] {
  const name = ingress.spec?.ingressClassName;
  if (!snapshot.kindsRead.has('ingressclasses')) return [];
  const classes = ingressClasses(snapshot);
  if (name === undefined) return classlessFindings(snapshot, ingress, classes);
  if (classes.some(({ ref }) => ref.name === name)) return [];
  const own = providersOwn.test(name) || isAddressed(ingress);
  const step = own ? undefined : onlyClassStep(ingress, classes, name);
  return [
    {
      object: ingress.ref,
      code: 'routing.ingress-class-missing',
      severity: own ? 'info' : 'error',
      message: `${formatObject(ingress.ref)} is of class ${name}, which is not there: nobody serves it`,
      evidence: quoteField(ingress, '.spec.ingressClassName', name, 0.7),
      certainty: 0.9,
      consequence: false,
      ...sinceOf(ingress),
      ...(step === undefined ? {} : { fixHint: { steps: [step] } }),
    },
  ];
}
