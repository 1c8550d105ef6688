import { defineCauses, workloadKinds } from './define-causes.ts';

export const admissionCauses = defineCauses('admission', {
  'quota-cpu': {
    title: { en: "The namespace's CPU quota is used up", zh: '命名空间 CPU 配额用尽' },
    kinds: ['ResourceQuota', ...workloadKinds],
    proves: [
      'FailedCreate event: "exceeded quota: …, requested: requests.cpu=…, used: …, limited: …"',
      'ResourceQuota .status.used of requests.cpu or limits.cpu plus one pod is above .status.hard',
      'ReplicaSet has fewer pods than .spec.replicas and none of them is Pending',
    ],
    excludes: [
      'pods exist and are Pending: the quota let them in, the scheduler did not',
      'the namespace has no ResourceQuota that names CPU',
    ],
    fixes: ['patch', 'set-resources', 'scale'],
  },
  'quota-memory': {
    title: { en: "The namespace's memory quota is used up", zh: '命名空间内存配额用尽' },
    kinds: ['ResourceQuota', ...workloadKinds],
    proves: [
      'FailedCreate event: "exceeded quota: …, requested: requests.memory=…" or limits.memory',
      'ResourceQuota .status.used of memory plus one pod is above .status.hard',
    ],
    excludes: [
      'pods exist and are Pending or OOMKilled',
      'the namespace has no ResourceQuota that names memory',
    ],
    fixes: ['patch', 'set-resources', 'scale'],
  },
  'quota-pods': {
    title: { en: "The namespace's quota of pods is used up", zh: '命名空间 Pod 数量配额用尽' },
    kinds: ['ResourceQuota', ...workloadKinds],
    proves: [
      'FailedCreate event: "exceeded quota: …, requested: pods=1, used: pods=N, limited: pods=N" or count/pods',
      'ResourceQuota .status.used.pods equals .status.hard.pods',
    ],
    excludes: [
      'used pods are below the hard limit',
      'a node says "Too many pods": that is the node, not the quota',
    ],
    fixes: ['patch', 'scale'],
  },
  'quota-services': {
    title: { en: "The namespace's quota of services is used up", zh: '命名空间 Service 数量配额用尽' },
    kinds: ['ResourceQuota', 'Service'],
    proves: [
      'creating a Service was refused with "exceeded quota … services=1" or services.loadbalancers / services.nodeports',
      'ResourceQuota .status.used of services equals .status.hard',
    ],
    excludes: ['the Service exists', 'used services are below the hard limit'],
    fixes: ['patch'],
  },
  'quota-storage': {
    title: { en: "The namespace's storage quota is used up", zh: '命名空间存储配额用尽' },
    kinds: ['ResourceQuota', 'PersistentVolumeClaim', 'StatefulSet'],
    proves: [
      'creating a claim was refused with "exceeded quota … requests.storage" or persistentvolumeclaims',
      'StatefulSet event FailedCreate names the claim and the quota',
    ],
    excludes: ['the claim exists and is Pending: that is binding, not the quota'],
    fixes: ['patch'],
  },
  'quota-other': {
    title: { en: 'Another quota of the namespace is used up', zh: '命名空间其他资源配额用尽' },
    kinds: ['ResourceQuota', ...workloadKinds],
    proves: [
      '"exceeded quota" that names another resource: count/configmaps, count/jobs.batch, requests.nvidia.com/gpu, ephemeral-storage',
      '"failed quota: …: must specify limits.cpu": the quota asks for a value that the pods do not set',
    ],
    excludes: ['the refusal names CPU, memory, pods, services or storage'],
    fixes: ['patch', 'set-resources'],
  },
  'limit-range': {
    title: { en: 'The LimitRange forbids the requested resources', zh: 'LimitRange 限制导致 Pod 无法创建' },
    kinds: [...workloadKinds, 'LimitRange'],
    proves: [
      'FailedCreate event: "maximum cpu usage per Container is 1, but limit is 2" or "minimum memory usage …"',
      'a container asks for more than .spec.limits[].max, or less than .min, of its LimitRange',
    ],
    excludes: ['no LimitRange in the namespace', 'the refusal says "exceeded quota"'],
    fixes: ['set-resources', 'patch'],
  },
  'service-account-missing': {
    title: { en: 'The service account does not exist', zh: 'ServiceAccount 不存在' },
    kinds: [...workloadKinds, 'ServiceAccount'],
    proves: [
      'FailedCreate event: "error looking up service account NS/NAME: serviceaccount "NAME" not found"',
      '.spec.template.spec.serviceAccountName is in no list of the namespace',
    ],
    excludes: ['the account exists and requests are refused with 403: that is a missing permission'],
    fixes: ['patch', 'rollout-undo', 'create'],
  },
  'policy-denied': {
    title: { en: 'An admission policy refuses the pods', zh: '被准入策略拒绝' },
    kinds: [...workloadKinds, 'Namespace'],
    proves: [
      'FailedCreate event: "violates PodSecurity "restricted:latest": …"',
      '"admission webhook "…" denied the request: …" (Gatekeeper, Kyverno) or "ValidatingAdmissionPolicy … denied request"',
      'namespace label pod-security.kubernetes.io/enforce',
    ],
    excludes: [
      'the webhook could not be reached at all (failed calling webhook)',
      'the message says "exceeded quota"',
    ],
    fixes: ['patch', 'rollout-undo', 'label'],
  },
  'webhook-unavailable': {
    title: { en: 'An admission webhook does not answer', zh: '准入 Webhook 不可用' },
    kinds: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'Deployment'],
    proves: [
      '"Internal error occurred: failed calling webhook "…": … connection refused / context deadline exceeded / no endpoints available for service"',
      "the webhook's Service has no ready endpoints and its failurePolicy is Fail",
      'x509 error in the call: the CA bundle of the configuration does not fit',
    ],
    excludes: ['the webhook answered "denied the request"', 'its failurePolicy is Ignore'],
    fixes: ['rollout-restart', 'scale', 'patch'],
  },
  forbidden: {
    title: { en: 'A request to the API server is forbidden', zh: 'RBAC 权限不足（请求被禁止）' },
    kinds: ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'],
    proves: [
      '"is forbidden: User "system:serviceaccount:NS:NAME" cannot VERB resource "…" in API group "…"" in logs or events',
      'no role that is bound to the account holds the verb and the resource',
    ],
    excludes: [
      'the refusal is 401: the credentials are wrong',
      '"is forbidden: exceeded quota": that is the quota',
    ],
    fixes: ['patch', 'create', 'apply'],
  },
  other: {
    title: { en: 'The API server refuses the object', zh: '其他准入问题' },
    kinds: [...workloadKinds, 'Namespace'],
    proves: ['FailedCreate events, or an error on apply, whose text is none of the known refusals'],
    excludes: ['the pods exist'],
    fixes: ['rollout-undo', 'patch'],
  },
});
