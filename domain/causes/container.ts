import { defineCauses, podMakerKinds, workloadKinds } from './define-causes.ts';

export const containerCauses = defineCauses('container', {
  'oom-killed': {
    title: { en: 'A container is killed for want of memory', zh: '容器内存超限被杀（OOMKilled）' },
    kinds: [...podMakerKinds],
    proves: [
      'lastState.terminated.reason OOMKilled with exit code 137',
      'container_memory_working_set_bytes close to the limit before each restart',
      '"Memory cgroup out of memory: Killed process" in the kernel log; container_oom_events_total rises',
    ],
    excludes: [
      'exit code 143, or 137 after a failed liveness probe (Killing event)',
      'working set far below the limit at the time of the kill and no OOM event',
      'Evicted with "The node was low on resource: memory": the node is the cause',
    ],
    fixes: ['set-resources', 'rollout-undo', 'rollout-restart'],
  },
  'crash-exit': {
    title: { en: 'The program exits by itself', zh: '容器进程异常退出（CrashLoopBackOff）' },
    kinds: [...podMakerKinds],
    proves: [
      'CrashLoopBackOff with exit code 1, 2, 134 or 139 and a stack trace or fatal line at the end of the previous log',
      'BackOff events "Back-off restarting failed container"',
    ],
    excludes: [
      'reason OOMKilled',
      'Unhealthy and Killing events before each restart: a probe kills it',
      'the last lines name a missing setting, file or dependency: that cause is finer',
    ],
    fixes: ['rollout-undo', 'set-image', 'patch'],
  },
  'command-not-found': {
    title: { en: 'The command of the container does not exist', zh: '容器启动命令不存在' },
    kinds: [...podMakerKinds],
    proves: [
      'RunContainerError or StartError: exec: "…": executable file not found in $PATH, "no such file or directory"',
      'exit code 127 with "not found" in the log',
    ],
    excludes: ['the process started and logged', '"exec format error": wrong architecture'],
    fixes: ['patch', 'rollout-undo', 'set-image'],
  },
  'permission-denied': {
    title: { en: 'The container may not do what it needs', zh: '容器权限不足' },
    kinds: [...podMakerKinds],
    proves: [
      'exit code 126, or StartError: exec: "…": permission denied',
      '"operation not permitted" or "permission denied" outside volumes: dropped capability, read-only root, port below 1024',
    ],
    excludes: ['the path lies on a volume', '"is forbidden": the API server refused, not the kernel'],
    fixes: ['patch', 'rollout-undo'],
  },
  'init-failed': {
    title: { en: 'An init container fails', zh: '初始化容器失败' },
    kinds: [...podMakerKinds],
    proves: [
      'pod status Init:Error or Init:CrashLoopBackOff',
      'initContainerStatuses[].state.terminated.exitCode is not 0; its log says why',
    ],
    excludes: [
      'all init containers terminated with 0',
      'the init container waits for a dependency that is down',
    ],
    fixes: ['patch', 'rollout-undo'],
  },
  'port-in-use': {
    title: { en: 'The port is already in use', zh: '端口被占用' },
    kinds: [...podMakerKinds],
    proves: [
      '"bind: address already in use", "EADDRINUSE", "Address already in use" in the log',
      'two containers of the pod, or a hostNetwork pod and a process of the node, listen on the same port',
    ],
    excludes: ['no other listener on that port in the pod or on the node'],
    fixes: ['patch', 'rollout-undo', 'delete-pod'],
  },
  'user-not-allowed': {
    title: { en: 'The container may not run as its user', zh: '容器运行用户不被允许' },
    kinds: [...podMakerKinds],
    proves: [
      'CreateContainerConfigError: "container has runAsNonRoot and image will run as root"',
      '"image has non-numeric user (…), cannot verify user is non-root", "unable to find user … in passwd file"',
    ],
    excludes: ['the container has started'],
    fixes: ['patch', 'set-image', 'rollout-undo'],
  },
  other: {
    title: { en: 'The container does not run', zh: '其他容器问题' },
    kinds: [...workloadKinds, 'Pod'],
    proves: [
      'CreateContainerError or RunContainerError with another text; containers that terminate for no stated reason',
    ],
    excludes: ['all containers run and are ready'],
    fixes: ['rollout-undo', 'rollout-restart', 'delete-pod'],
  },
});
