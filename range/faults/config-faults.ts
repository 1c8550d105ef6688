import type { Fault } from './fault.ts';
import { rolloutFault } from './rollout-fault.ts';

/** Settings, and what they are taken from. */
export const configFaults: readonly Fault[] = [
  rolloutFault({
    name: 'configmap-renamed',
    title: { en: 'A ConfigMap that is not there', zh: 'ConfigMap 不存在' },
    of: 'cart',
    causes: ['config.configmap-missing'],
    container: (names) => ({ envFrom: [{ configMapRef: { name: `${names.services.cart}-settings` } }] }),
    note: 'with its settings by their new name',
  }),
  rolloutFault({
    name: 'secret-key-renamed',
    title: { en: 'A key that its Secret does not hold', zh: 'Secret 缺少键' },
    of: 'payment',
    causes: ['config.secret-key-missing'],
    container: (names) => ({
      env: [
        {
          name: 'ACQUIRER_KEY',
          valueFrom: { secretKeyRef: { name: `${names.services.payment}-credentials`, key: 'acquirer-key' } },
        },
      ],
    }),
    note: 'with keys in lower case',
  }),
  rolloutFault({
    name: 'configmap-volume-missing',
    title: { en: 'A volume of a ConfigMap that is not there', zh: '卷引用的 ConfigMap 不存在' },
    of: 'pricing',
    causes: ['config.configmap-missing', 'storage.volume-mount-failed'],
    pod: (names) => ({
      volumes: [{ name: 'data', configMap: { name: `${names.services.pricing}-rules` } }],
    }),
    note: 'with its rules apart',
  }),
  rolloutFault({
    name: 'secret-volume-missing',
    title: { en: 'A volume of a Secret that is not there', zh: '卷引用的 Secret 不存在' },
    of: 'checkout',
    causes: ['config.secret-missing', 'storage.volume-mount-failed'],
    container: () => ({ volumeMounts: [{ name: 'tls', mountPath: '/etc/tls', readOnly: true }] }),
    pod: (names) => ({
      volumes: [{ name: 'tls', secret: { secretName: `${names.services.checkout}-tls` } }],
    }),
    note: 'with a certificate of its own',
  }),
  rolloutFault({
    name: 'callee-renamed',
    title: { en: 'The address of a service that does not exist', zh: '依赖地址指向不存在的服务' },
    of: 'recommendations',
    causes: ['config.address-wrong', 'network.dns-resolution', 'service.wrong-address'],
    container: (names) => ({
      env: [{ name: 'CATALOG_URL', value: `http://${names.services.catalog}-v2` }],
    }),
    note: 'with the second index',
  }),
  rolloutFault({
    name: 'callee-port',
    title: { en: 'A wrong port of a service that is called', zh: '依赖端口配置错误' },
    of: 'recommendations',
    causes: ['config.port-wrong', 'config.address-wrong'],
    container: (names) => ({
      env: [{ name: 'CATALOG_URL', value: `http://${names.services.catalog}:8081` }],
    }),
    note: 'without the proxy',
  }),
];
