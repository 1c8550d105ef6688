import { defineCauses, workloadKinds } from './define-causes.ts';

export const storageCauses = defineCauses('storage', {
  'claim-selector-mismatch': {
    title: { en: 'No volume matches the selector of the claim', zh: 'PVC 的 selector 没有匹配的 PV' },
    kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
    proves: [
      'claim Pending with .spec.selector and event "no persistent volumes available for this claim"',
      'no Available volume carries the labels of the selector',
    ],
    excludes: ['the claim has no selector', 'an Available volume matches class, size, mode and labels'],
    fixes: ['label', 'apply'],
  },
  'claim-class-missing': {
    title: { en: 'The storage class does not exist', zh: 'StorageClass 不存在' },
    kinds: ['PersistentVolumeClaim', 'StatefulSet', 'StorageClass'],
    proves: [
      'ProvisioningFailed event: storageclass.storage.k8s.io "NAME" not found',
      'claim names no class and the cluster has no default one',
    ],
    excludes: ['the class exists and its provisioner reports another error'],
    fixes: ['create', 'apply'],
  },
  'claim-access-mode-mismatch': {
    title: { en: 'No volume offers the access mode of the claim', zh: 'PVC 访问模式不匹配' },
    kinds: ['PersistentVolumeClaim', 'PersistentVolume', 'StatefulSet'],
    proves: [
      'claim asks for ReadWriteMany while volumes or the provisioner offer ReadWriteOnce only',
      'ProvisioningFailed event: "only ReadWriteOnce access mode is supported"; "VolumeMismatch … incompatible accessMode"',
    ],
    excludes: ['a volume with the asked mode is Available'],
    fixes: ['apply'],
  },
  'claim-capacity-mismatch': {
    title: { en: 'No volume is as large as the claim asks', zh: 'PVC 容量没有匹配的 PV' },
    kinds: ['PersistentVolumeClaim', 'PersistentVolume'],
    proves: [
      'every Available volume of the class is smaller than .spec.resources.requests.storage',
      '"VolumeMismatch … requested PV is too small"',
    ],
    excludes: ['an Available volume is large enough', 'the class provisions dynamically'],
    fixes: ['apply', 'create'],
  },
  'claim-unbound': {
    title: { en: 'The claim is not bound', zh: 'PVC 未绑定' },
    kinds: ['PersistentVolumeClaim', 'StorageClass'],
    proves: [
      'FailedScheduling event: "pod has unbound immediate PersistentVolumeClaims" or persistentvolumeclaim "NAME" not found',
      'claim Pending: "waiting for a volume to be created, either by external provisioner …"; the provisioner does not run',
    ],
    excludes: ['WaitForFirstConsumer and the pod is unschedulable for another reason', 'claim Bound'],
    fixes: ['create', 'apply', 'rollout-restart'],
  },
  'volume-already-claimed': {
    title: { en: 'The volume is in use elsewhere', zh: '卷已被占用' },
    kinds: ['PersistentVolume', 'PersistentVolumeClaim', 'Pod', 'Deployment'],
    proves: [
      'FailedAttachVolume event: "Multi-Attach error for volume … already used by pod(s)" or "already exclusively attached to one node"',
      'claim names a volume whose .spec.claimRef is another claim; volume Released with an old claimRef',
    ],
    excludes: ['the volume is attached to the node of this pod only'],
    fixes: ['delete-pod', 'scale', 'patch'],
  },
  'volume-mount-failed': {
    title: { en: 'The volume cannot be mounted', zh: '卷挂载失败' },
    kinds: ['Pod', 'PersistentVolume', 'Node', ...workloadKinds],
    proves: [
      'FailedMount or FailedAttachVolume events: "mount failed: exit status 32", "Unable to attach or mount volumes: timed out", "hostPath type check failed", "driver name … not found in the list of registered CSI drivers"',
      'pods stay in ContainerCreating',
    ],
    excludes: ['the message names a missing Secret or ConfigMap', 'containers of the pod have started'],
    fixes: ['delete-pod', 'patch', 'rollout-undo', 'rollout-restart'],
  },
  'volume-permission-denied': {
    title: { en: 'The program may not write to the volume', zh: '卷权限不足' },
    kinds: [...workloadKinds, 'PersistentVolume'],
    proves: [
      '"permission denied" or "read-only file system" in the log for a path under a volumeMount',
      'runAsUser without a fitting fsGroup, or readOnly: true on the mount',
    ],
    excludes: ['the path lies outside every mount', '"no space left on device"'],
    fixes: ['patch', 'rollout-undo'],
  },
  'volume-full': {
    title: { en: 'The volume is full', zh: '存储卷写满' },
    kinds: ['PersistentVolumeClaim', ...workloadKinds],
    proves: [
      '"no space left on device" in the log for a path on the volume',
      'kubelet_volume_stats_available_bytes near 0, or inodes used up',
    ],
    excludes: ['more than a few percent are free at the time of the error', "the path is on the node's disk"],
    fixes: ['patch'],
  },
  'volume-lost': {
    title: { en: 'The volume behind the claim is gone', zh: '卷丢失' },
    kinds: ['PersistentVolumeClaim', 'PersistentVolume', 'CloudResource'],
    proves: [
      'claim phase Lost, "ClaimLost: Bound claim has lost its PersistentVolume"',
      'PersistentVolume phase Failed; the disk no longer exists at the provider; "volume not found"',
    ],
    excludes: ['volume and claim are Bound to each other and the disk exists'],
    fixes: [],
  },
  other: {
    title: { en: 'Storage does not work', zh: '其他存储问题' },
    kinds: ['PersistentVolumeClaim', 'PersistentVolume', ...workloadKinds],
    proves: [
      'events of the claim, the volume or the attach controller that none of the known causes explains',
    ],
    excludes: ['claims are Bound and mounts succeed'],
    fixes: [],
  },
});
