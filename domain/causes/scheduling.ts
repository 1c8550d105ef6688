import { defineCauses, podMakerKinds, workloadKinds } from './define-causes.ts';

export const schedulingCauses = defineCauses('scheduling', {
  'insufficient-cpu': {
    title: { en: 'No node has enough CPU left for the requests', zh: '节点 CPU 不足，无法调度' },
    kinds: [...workloadKinds, 'Node'],
    proves: [
      'FailedScheduling event: "0/N nodes are available: … Insufficient cpu"',
      "the pod's CPU request is above allocatable minus the sum of requests on every node",
    ],
    excludes: ['another reason in the event stands for every node', 'the pod has a nodeName'],
    fixes: ['set-resources', 'scale', 'uncordon', 'rollout-undo'],
  },
  'insufficient-memory': {
    title: { en: 'No node has enough memory left for the requests', zh: '节点内存不足，无法调度' },
    kinds: [...workloadKinds, 'Node'],
    proves: [
      'FailedScheduling event: "0/N nodes are available: … Insufficient memory"',
      "the pod's memory request is above what any node has left",
    ],
    excludes: ['the pod runs and is OOMKilled', 'another reason in the event stands for every node'],
    fixes: ['set-resources', 'scale', 'uncordon', 'rollout-undo'],
  },
  'insufficient-other': {
    title: { en: 'No node has enough of another resource', zh: '节点其他资源不足（GPU、临时存储等）' },
    kinds: [...workloadKinds, 'Node'],
    proves: [
      'FailedScheduling event: "Insufficient nvidia.com/gpu", "Insufficient ephemeral-storage", "Insufficient hugepages-2Mi"',
      'no node lists the resource in .status.allocatable (device plugin down)',
    ],
    excludes: ['the event names CPU or memory only'],
    fixes: ['set-resources', 'rollout-undo', 'rollout-restart'],
  },
  'node-selector-mismatch': {
    title: { en: 'No node carries the labels of the nodeSelector', zh: 'nodeSelector 没有匹配的节点' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'FailedScheduling event: "node(s) didn\'t match Pod\'s node affinity/selector" and the pod has a .spec.nodeSelector',
      "no node's labels hold every pair of the nodeSelector",
    ],
    excludes: ['a schedulable node matches the nodeSelector', 'the pod has only .spec.affinity.nodeAffinity'],
    fixes: ['patch', 'rollout-undo', 'label'],
  },
  'node-affinity-mismatch': {
    title: { en: 'No node meets the required node affinity', zh: '节点亲和性没有匹配的节点' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'FailedScheduling event: "node(s) didn\'t match Pod\'s node affinity/selector" and the pod requires nodeAffinity',
      'requiredDuringSchedulingIgnoredDuringExecution terms evaluated on the node labels match none',
      '"node(s) had volume node affinity conflict" for a local volume',
    ],
    excludes: ['the affinity is only preferred', 'a schedulable node matches the terms'],
    fixes: ['patch', 'rollout-undo', 'label'],
  },
  'pod-affinity-unsatisfied': {
    title: { en: 'Required pod affinity finds no partner pod', zh: 'Pod 亲和性不满足' },
    kinds: [...podMakerKinds],
    proves: [
      'FailedScheduling event: "node(s) didn\'t match pod affinity rules"',
      'no running pod matches the labelSelector of the required podAffinity term in its namespaces',
    ],
    excludes: ['a partner pod runs on a node with room'],
    fixes: ['patch', 'rollout-undo', 'scale'],
  },
  'pod-anti-affinity-conflict': {
    title: { en: 'Pod anti-affinity leaves no free node', zh: 'Pod 反亲和性冲突，没有可用节点' },
    kinds: [...podMakerKinds],
    proves: [
      'FailedScheduling event: "node(s) didn\'t match pod anti-affinity rules"',
      'replicas exceed the number of topology domains that are free of matching pods',
    ],
    excludes: ['the anti-affinity is only preferred', 'a domain without a matching pod has room'],
    fixes: ['patch', 'scale', 'rollout-undo'],
  },
  'taint-not-tolerated': {
    title: { en: 'The pods do not tolerate the taints of the nodes', zh: '污点未容忍，无法调度' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'FailedScheduling event: "node(s) had untolerated taint {key: value}"',
      'every fitting node has a NoSchedule or NoExecute taint that no toleration of the pod covers',
    ],
    excludes: [
      'the taint is node.kubernetes.io/not-ready or unreachable: the node is the cause',
      'the taint is node.kubernetes.io/unschedulable: the node is cordoned',
    ],
    fixes: ['patch', 'rollout-undo'],
  },
  'node-cordoned': {
    title: { en: 'Nodes are cordoned', zh: '节点被封锁（cordon），不可调度' },
    kinds: ['Node'],
    proves: [
      'FailedScheduling event: "node(s) were unschedulable"',
      'Node .spec.unschedulable is true and taint node.kubernetes.io/unschedulable',
    ],
    excludes: ['an uncordoned node has room and fits', 'the node is not Ready as well'],
    fixes: ['uncordon'],
  },
  'topology-spread': {
    title: { en: 'Topology spread constraints cannot be met', zh: '拓扑分布约束不满足' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'FailedScheduling event: "node(s) didn\'t match pod topology spread constraints"',
      'whenUnsatisfiable is DoNotSchedule and the skew with one pod more exceeds maxSkew',
      '"missing required label": nodes lack the topologyKey',
    ],
    excludes: ['whenUnsatisfiable is ScheduleAnyway'],
    fixes: ['patch', 'rollout-undo', 'label'],
  },
  'host-port-conflict': {
    title: { en: 'The host port is taken on every node', zh: '主机端口（hostPort）冲突' },
    kinds: [...podMakerKinds],
    proves: [
      'FailedScheduling event: "node(s) didn\'t have free ports for the requested pod ports"',
      'another pod on each node declares the same hostPort, or more replicas than nodes',
    ],
    excludes: ['no container declares a hostPort'],
    fixes: ['patch', 'scale', 'rollout-undo'],
  },
  'pod-limit-reached': {
    title: { en: 'The nodes are full of pods', zh: '节点 Pod 数量达到上限' },
    kinds: ['Node', ...workloadKinds],
    proves: [
      'FailedScheduling event: "Too many pods"',
      'pods on each node equal .status.allocatable.pods',
      '"failed to allocate for range 0: no IP addresses available": the pod network is used up',
    ],
    excludes: ['a schedulable node has fewer pods than allocatable'],
    fixes: ['scale', 'uncordon'],
  },
  'scheduler-down': {
    title: { en: 'The scheduler does not run', zh: '调度器（kube-scheduler）不可用' },
    kinds: ['Pod', 'Node', 'Host'],
    proves: [
      'pods are Pending without a PodScheduled condition and without any FailedScheduling or Scheduled event',
      'lease kube-system/kube-scheduler is not renewed',
      'the kube-scheduler pod or unit is down, or its target is',
      '.spec.schedulerName names a scheduler that does not exist',
    ],
    excludes: [
      'a FailedScheduling event of the pod',
      'other new pods were scheduled meanwhile by the same scheduler',
    ],
    fixes: ['delete-pod', 'restart-unit', 'patch'],
  },
  other: {
    title: { en: 'The pods cannot be scheduled', zh: '其他调度问题' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'pod Pending with PodScheduled=False and a reason that is none of the known ones',
      'scheduling gates (.spec.schedulingGates) that nobody removes',
    ],
    excludes: ['the pod has a nodeName'],
    fixes: ['patch', 'rollout-undo'],
  },
});
