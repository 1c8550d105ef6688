import { defineCauses, workloadKinds } from './define-causes.ts';

export const workloadCauses = defineCauses('workload', {
  'scaled-to-zero': {
    title: { en: 'The workload is scaled to zero', zh: '副本数被缩容到 0' },
    kinds: ['Deployment', 'StatefulSet', 'ReplicaSet', 'HorizontalPodAutoscaler'],
    proves: [
      '.spec.replicas is 0 while a Service selects its pods and callers fail',
      'ScalingReplicaSet event "Scaled down replica set … to 0"',
      'endpoints of the Service are empty since then',
    ],
    excludes: [
      '.spec.replicas is above 0',
      'another workload with ready pods matches the same Service',
      'nobody calls it',
    ],
    fixes: ['scale'],
  },
  'too-few-replicas': {
    title: { en: 'Too few replicas for the load', zh: '副本数不足' },
    kinds: ['Deployment', 'StatefulSet', 'HorizontalPodAutoscaler'],
    proves: [
      'every replica near its CPU limit or its concurrency, latency rises with traffic, replicas were reduced or the autoscaler stands at its maximum',
      'requests per replica well above those of the quiet window',
    ],
    excludes: ['replicas are idle', 'traffic per replica is as before'],
    fixes: ['scale', 'patch'],
  },
  'rollout-stuck': {
    title: { en: 'A rollout does not finish', zh: '发布卡住' },
    kinds: [...workloadKinds],
    proves: [
      'condition Progressing=False with reason ProgressDeadlineExceeded',
      'updatedReplicas below replicas for long while the new pods are not ready; StatefulSet waits for an ordinal',
    ],
    excludes: [
      'the reason why the new pods are not ready is known: that is the cause',
      '.spec.paused is true',
    ],
    fixes: ['rollout-undo', 'patch', 'delete-pod'],
  },
  'rollout-paused': {
    title: { en: 'The rollout is paused', zh: '发布被暂停' },
    kinds: ['Deployment'],
    proves: [
      '.spec.paused is true; condition Progressing with reason DeploymentPaused',
      'the template differs from the newest ReplicaSet, no new pods come',
    ],
    excludes: ['.spec.paused is absent or false'],
    fixes: ['patch'],
  },
  'autoscaler-misconfigured': {
    title: { en: 'The autoscaler cannot scale as it should', zh: '自动伸缩（HPA）配置错误' },
    kinds: ['HorizontalPodAutoscaler', 'Deployment'],
    proves: [
      'condition ScalingActive=False: FailedGetResourceMetric, "missing request for cpu", "unable to get metrics"',
      'condition AbleToScale=False: FailedGetScale, the target does not exist',
      'condition ScalingLimited=True with TooManyReplicas under load, or minReplicas above maxReplicas',
    ],
    excludes: ['currentReplicas follows the metric', 'no autoscaler targets the workload'],
    fixes: ['patch', 'set-resources', 'scale'],
  },
  'disruption-budget': {
    title: { en: 'A disruption budget blocks evictions', zh: 'PDB 阻塞驱逐' },
    kinds: ['PodDisruptionBudget', ...workloadKinds],
    proves: [
      '"Cannot evict pod as it would violate the pod\'s disruption budget"',
      'PodDisruptionBudget .status.disruptionsAllowed is 0 while a drain waits',
    ],
    excludes: ['disruptionsAllowed is above 0', 'nobody evicts'],
    fixes: ['patch', 'scale'],
  },
  'job-failed': {
    title: { en: 'A job failed', zh: 'Job 执行失败' },
    kinds: ['Job', 'CronJob'],
    proves: [
      'Job condition Failed=True: BackoffLimitExceeded, DeadlineExceeded or PodFailurePolicy',
      "the last pod's log says why",
    ],
    excludes: ['condition Complete=True', 'the pods wait for an image or a node: that is the cause'],
    fixes: ['patch', 'create'],
  },
  'schedule-invalid': {
    title: { en: 'The schedule of a cron job is invalid', zh: 'CronJob 调度表达式错误' },
    kinds: ['CronJob'],
    proves: [
      'events UnparseableSchedule, InvalidSchedule or UnknownTimeZone',
      'MissedSchedule or TooManyMissedTimes; a schedule that never comes (30 February)',
    ],
    excludes: ['.status.lastScheduleTime follows the schedule'],
    fixes: ['patch'],
  },
  'schedule-suspended': {
    title: { en: 'The cron job is suspended', zh: 'CronJob 被挂起' },
    kinds: ['CronJob', 'Job'],
    proves: ['.spec.suspend is true and lastScheduleTime is older than one period'],
    excludes: ['.spec.suspend is absent or false'],
    fixes: ['patch'],
  },
  other: {
    title: { en: 'The workload is not as it should be', zh: '其他工作负载问题' },
    kinds: [...workloadKinds, 'Job', 'CronJob'],
    proves: ['fewer ready pods than wanted, or observedGeneration behind, and no finer cause'],
    excludes: ['all replicas are updated and available'],
    fixes: ['rollout-undo', 'rollout-restart', 'scale'],
  },
});
