import { defineCauses } from './define-causes.ts';

export const nodeCauses = defineCauses('node', {
  'not-ready': {
    title: { en: 'A node is not ready', zh: '节点 NotReady' },
    kinds: ['Node'],
    proves: [
      'Node condition Ready=False or Unknown; taint node.kubernetes.io/not-ready or unreachable',
      'NodeNotReady events on its pods; pods Terminating or moved',
    ],
    excludes: [
      'why is known (kubelet, runtime, network, pressure): that is the cause',
      'Ready=True throughout',
    ],
    fixes: ['cordon', 'drain', 'restart-unit'],
  },
  'kubelet-down': {
    title: { en: 'The kubelet of a node does not run', zh: 'kubelet 停止工作' },
    kinds: ['Node', 'Host'],
    proves: [
      'condition Ready=Unknown, "Kubelet stopped posting node status"; lease in kube-node-lease not renewed',
      'unit kubelet.service inactive or failed, its scrape target down, while the host answers and containers go on',
    ],
    excludes: ['the host itself is out of reach', 'the lease is renewed'],
    fixes: ['restart-unit', 'cordon'],
  },
  'runtime-down': {
    title: { en: 'The container runtime of a node does not run', zh: '容器运行时异常' },
    kinds: ['Node', 'Host'],
    proves: [
      '"container runtime is down", "PLEG is not healthy", "rpc error … containerd.sock: connect: no such file or directory"',
      'unit containerd.service (docker, crio) inactive or failed; FailedCreatePodSandBox on this node only',
    ],
    excludes: ['containers start on the node'],
    fixes: ['restart-unit', 'cordon', 'drain'],
  },
  'proxy-down': {
    title: { en: 'kube-proxy of a node does not work', zh: 'kube-proxy 异常' },
    kinds: ['Node', 'DaemonSet', 'Pod', 'Host'],
    proves: [
      'Service addresses fail from this node only, pod addresses work',
      'kube-proxy pod or unit down; kubeproxy_sync_proxy_rules_last_timestamp_seconds stands still',
    ],
    excludes: ['Service addresses fail from every node'],
    fixes: ['delete-pod', 'rollout-restart', 'restart-unit'],
  },
  'disk-pressure': {
    title: { en: 'A node has too little disk left', zh: '节点磁盘压力' },
    kinds: ['Node', 'Host'],
    proves: [
      'condition DiskPressure=True; EvictionThresholdMet or Evicted "The node was low on resource: ephemeral-storage"',
      'node_filesystem_avail_bytes of the kubelet or image file system below the eviction threshold; ImageGCFailed, FreeDiskSpaceFailed',
    ],
    excludes: ['DiskPressure=False and more than 15 % free'],
    fixes: ['cordon', 'drain', 'delete-pod'],
  },
  'memory-pressure': {
    title: { en: 'A node has too little memory left', zh: '节点内存压力' },
    kinds: ['Node', 'Host'],
    proves: [
      'condition MemoryPressure=True; Evicted "The node was low on resource: memory"',
      'SystemOOM event; node_memory_MemAvailable_bytes near 0',
    ],
    excludes: ['MemoryPressure=False and only one container is OOMKilled at its own limit'],
    fixes: ['cordon', 'drain', 'set-resources', 'delete-pod'],
  },
  'pid-pressure': {
    title: { en: 'A node has too few process ids left', zh: '节点 PID 压力' },
    kinds: ['Node', 'Host'],
    proves: [
      'condition PIDPressure=True; Evicted "low on resource: pids"',
      '"fork: retry: Resource temporarily unavailable", "can\'t start new thread" on this node',
    ],
    excludes: ['PIDPressure=False', 'one container reached its own pids limit'],
    fixes: ['cordon', 'delete-pod', 'drain'],
  },
  'network-unavailable': {
    title: { en: 'The pod network of a node is not set up', zh: '节点网络不可用' },
    kinds: ['Node', 'DaemonSet', 'Pod', 'Host'],
    proves: [
      'condition NetworkUnavailable=True, or Ready=False with "cni plugin not initialized" / "NetworkPluginNotReady"',
      'FailedCreatePodSandBox: "failed to setup network for sandbox"; CNI pod of the node down',
    ],
    excludes: ['new pods of the node get addresses'],
    fixes: ['delete-pod', 'rollout-restart', 'cordon', 'restart-unit'],
  },
  'clock-skew': {
    title: { en: "A node's clock is wrong", zh: '节点时钟偏移' },
    kinds: ['Node', 'Host'],
    proves: [
      'node_timex_offset_seconds or node_timex_sync_status 0; NTP unit down',
      '"certificate is not yet valid", "token used before issued", log timestamps of one node ahead or behind',
    ],
    excludes: ['the clocks agree within a second'],
    fixes: ['restart-unit', 'cordon'],
  },
  lost: {
    title: { en: 'A node is gone', zh: '节点丢失（宕机）' },
    kinds: ['Node', 'Host', 'CloudResource'],
    proves: [
      'the host answers nothing, neither kubelet nor exporter nor ping; Ready=Unknown',
      'the instance was stopped or removed at the provider; Node deleted ("DeletingNode")',
    ],
    excludes: ['the host answers on another port'],
    fixes: ['drain', 'delete-pod', 'cordon'],
  },
  other: {
    title: { en: 'A node does not work', zh: '其他节点问题' },
    kinds: ['Node', 'Host'],
    proves: [
      'pods of many workloads fail on one node and nowhere else: read-only root file system, kernel deadlock, hardware errors',
    ],
    excludes: ['the same workloads fail on other nodes'],
    fixes: ['cordon', 'drain', 'delete-pod'],
  },
});
