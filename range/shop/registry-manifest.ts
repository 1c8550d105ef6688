import type { ShopObject } from './manifests.ts';

/** Where images are pulled from: a registry on every node's own loopback, which the runtime trusts without a certificate. */
export const registryHost = 'localhost:5000';
const registryPort = 5000;
export const registryNamespace = 'registry';
export const registryImageRef = `${registryHost}/registry:1.0.0`;

const imagesInPod = '/images';
export const registryArguments: readonly string[] = [imagesInPod, String(registryPort)];

/** The registry, one on each node, serving the folder that the images were built into. */
export function registryManifests(imagesFolder: string): ShopObject[] {
  const labels = { 'app.kubernetes.io/name': 'registry' };
  const metadata = { name: 'registry', namespace: registryNamespace, labels };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: registryNamespace } },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            hostNetwork: true,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'registry',
                image: registryImageRef,
                imagePullPolicy: 'IfNotPresent',
                resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '160Mi' } },
                volumeMounts: [{ name: 'images', mountPath: imagesInPod, readOnly: true }],
              },
            ],
            volumes: [{ name: 'images', hostPath: { path: imagesFolder, type: 'Directory' } }],
          },
        },
      },
    },
  ];
}
