import { defineCauses, podMakerKinds, workloadKinds } from './define-causes.ts';

export const configCauses = defineCauses('config', {
  'secret-missing': {
    title: { en: 'A Secret that the pods need does not exist', zh: 'Secret 不存在' },
    kinds: ['Secret', ...podMakerKinds],
    proves: [
      'CreateContainerConfigError with message: secret "NAME" not found',
      'FailedMount event: MountVolume.SetUp failed … secret "NAME" not found',
      'a non-optional secretKeyRef, envFrom or volume names a Secret that is not in the namespace',
    ],
    excludes: ['the reference is optional: true', 'the Secret exists: then a key is missing'],
    fixes: ['rollout-undo', 'patch', 'create'],
  },
  'secret-key-missing': {
    title: { en: 'A Secret lacks a key that the pods need', zh: 'Secret 缺少所需的键' },
    kinds: ['Secret', ...podMakerKinds],
    proves: [
      'CreateContainerConfigError: "couldn\'t find key KEY in Secret NS/NAME"',
      'FailedMount event: "references non-existent secret key: KEY"',
    ],
    excludes: ['the Secret holds the key', 'the Secret itself is not found'],
    fixes: ['patch', 'rollout-undo'],
  },
  'configmap-missing': {
    title: { en: 'A ConfigMap that the pods need does not exist', zh: 'ConfigMap 不存在' },
    kinds: ['ConfigMap', ...podMakerKinds],
    proves: [
      'CreateContainerConfigError with message: configmap "NAME" not found',
      'FailedMount event: MountVolume.SetUp failed … configmap "NAME" not found',
    ],
    excludes: ['the reference is optional: true', 'the ConfigMap exists: then a key is missing'],
    fixes: ['rollout-undo', 'patch', 'create'],
  },
  'configmap-key-missing': {
    title: { en: 'A ConfigMap lacks a key that the pods need', zh: 'ConfigMap 缺少所需的键' },
    kinds: ['ConfigMap', ...podMakerKinds],
    proves: [
      'CreateContainerConfigError: "couldn\'t find key KEY in ConfigMap NS/NAME"',
      'the program exits at start and its last lines name a setting that the mounted ConfigMap does not hold',
      'the key was there in an earlier version of the ConfigMap or is asked for only by the new revision',
    ],
    excludes: ['the ConfigMap holds the key', 'pods of the same revision and ConfigMap version run'],
    fixes: ['patch', 'rollout-undo'],
  },
  'env-wrong': {
    title: { en: 'An environment variable is missing or wrong', zh: '环境变量缺失或错误' },
    kinds: [...podMakerKinds, 'ConfigMap'],
    proves: [
      'the log names the variable: "KEY is not set", "missing required environment variable KEY", "invalid value for KEY"',
      'the pod template lacks it, or its value differs from the revision that worked',
    ],
    excludes: [
      'the variable is equal in the revision that worked',
      'the log does not name it and the program runs',
    ],
    fixes: ['rollout-undo', 'patch'],
  },
  'value-invalid': {
    title: { en: 'A setting has a value that the program does not take', zh: '配置值非法' },
    kinds: ['ConfigMap', ...workloadKinds, 'Service'],
    proves: [
      'exit at start after a parse or validation error that names file, line or field: "yaml: line 12", "unknown directive", "cannot unmarshal"',
      'the ConfigMap, Secret or arguments changed shortly before the first failure',
    ],
    excludes: ['the configuration did not change since it last worked', 'the error comes only after traffic'],
    fixes: ['rollout-undo', 'patch'],
  },
  'address-wrong': {
    title: { en: "A dependency's address in the configuration is wrong", zh: '依赖地址配置错误' },
    kinds: [...workloadKinds, 'ConfigMap', 'Secret'],
    proves: [
      '"no such host" or "connection refused" for a host that stands in env, arguments or a ConfigMap',
      'the host is no Service of that namespace while one with a similar name is',
      'only this caller fails; others reach the dependency',
    ],
    excludes: [
      'the address names an existing Service with ready endpoints',
      'all callers of the dependency fail',
    ],
    fixes: ['patch', 'rollout-undo'],
  },
  'port-wrong': {
    title: { en: "A dependency's port in the configuration is wrong", zh: '依赖端口配置错误' },
    kinds: [...workloadKinds, 'ConfigMap', 'Secret'],
    proves: [
      '"connection refused" or a timeout at HOST:PORT from the configuration where the Service has no such port',
      'another port of the same Service answers',
    ],
    excludes: ['the Service lists the port and has ready endpoints'],
    fixes: ['patch', 'rollout-undo'],
  },
  'credentials-wrong': {
    title: { en: 'The credentials in the configuration are wrong', zh: '凭据配置错误' },
    kinds: ['Secret', ...workloadKinds],
    proves: [
      '"password authentication failed", "Access denied for user", "WRONGPASS", "401 Unauthorized" in the caller\'s log',
      'the Secret, or the reference to it, changed before the first failure',
      'other clients log in to the same server',
    ],
    excludes: [
      'every client of the server is refused: the server changed',
      'the connection is refused before any login',
    ],
    fixes: ['patch', 'rollout-undo', 'rollout-restart'],
  },
  'certificate-expired': {
    title: { en: 'A certificate has expired', zh: '证书过期' },
    kinds: ['Secret', 'Ingress', 'Host', 'Service'],
    proves: [
      '"x509: certificate has expired or is not yet valid", "certificate has expired", "SSL: CERTIFICATE_VERIFY_FAILED"',
      'notAfter of the served certificate lies before now (probe_ssl_earliest_cert_expiry, openssl s_client)',
    ],
    excludes: ['notAfter lies ahead and the clocks agree', '"unknown authority": that is trust, not age'],
    fixes: ['patch', 'rollout-restart', 'apply'],
  },
  'feature-flag': {
    title: { en: 'A feature flag was switched', zh: '功能开关变更引发' },
    kinds: ['ConfigMap', 'Service', ...workloadKinds],
    proves: [
      'the flag changed shortly before the first bad signal, and nothing else did',
      'errors or latency come only on the path that the flag guards',
    ],
    excludes: ['the trouble began before the flag changed', 'requests outside the guarded path fail alike'],
    fixes: ['patch', 'rollout-undo'],
  },
  other: {
    title: { en: 'The configuration is wrong', zh: '其他配置问题' },
    kinds: [...podMakerKinds, 'ConfigMap', 'Secret'],
    proves: ['a configuration change shortly before the first failure and a log that complains of settings'],
    excludes: ['the configuration equals the one that worked'],
    fixes: ['rollout-undo', 'patch'],
  },
});
