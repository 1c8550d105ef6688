import { defineCauses, workloadKinds } from './define-causes.ts';

export const securityCauses = defineCauses('security', {
  'privileged-workload': {
    title: { en: 'A workload has too many privileges', zh: '特权容器' },
    kinds: [...workloadKinds],
    proves: [
      'privileged: true, hostPID, hostNetwork, hostPath on / or the runtime socket, allowPrivilegeEscalation, capability SYS_ADMIN',
    ],
    excludes: ['it is a known part of the node (CNI, CSI, node agent) in a system namespace'],
    fixes: ['patch', 'rollout-undo'],
  },
  'exposed-secret': {
    title: { en: 'A secret is exposed', zh: '敏感信息泄露' },
    kinds: [...workloadKinds, 'ConfigMap', 'Secret'],
    proves: [
      'a password, key or token in plain env values, a ConfigMap, arguments, an annotation or a log line',
    ],
    excludes: ['the value is a reference, a placeholder or a public key'],
    fixes: ['patch', 'rollout-restart'],
  },
  'vulnerable-image': {
    title: { en: 'An image has known vulnerabilities', zh: '镜像存在漏洞' },
    kinds: [...workloadKinds],
    proves: ['a scanner lists a CVE with a fixed version in the image digest that runs'],
    excludes: ['the digest that runs is another one', 'the finding is marked as not affected'],
    fixes: ['set-image'],
  },
  'wide-permission': {
    title: { en: 'A permission is too wide', zh: '权限过大' },
    kinds: ['ClusterRoleBinding', 'RoleBinding', 'ClusterRole', 'Role', 'CloudResource'],
    proves: [
      'verbs or resources "*", cluster-admin for a service account or for system:authenticated, secrets list over all namespaces',
    ],
    excludes: ['a built-in binding of the system'],
    fixes: ['patch'],
  },
  'no-network-isolation': {
    title: { en: 'Nothing limits the network of the workload', zh: '缺少网络隔离' },
    kinds: ['NetworkPolicy', 'Namespace', 'Service', 'CloudResource'],
    proves: [
      'no NetworkPolicy selects the pods of a sensitive namespace; Service of type LoadBalancer or NodePort without source ranges; security group open to 0.0.0.0/0',
    ],
    excludes: ['a mesh or cluster-wide policy limits it'],
    fixes: ['create', 'apply', 'patch'],
  },
  other: {
    title: { en: 'A security finding', zh: '其他安全问题' },
    kinds: [...workloadKinds, 'Namespace', 'Host'],
    proves: ['a finding of a scanner or an audit rule that names the object, and no finer cause'],
    excludes: ['the finding does not apply to what runs'],
    fixes: ['patch'],
  },
});
