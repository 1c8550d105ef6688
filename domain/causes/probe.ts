import { type CauseFacts, defineCauses, podMakerKinds, workloadKinds } from './define-causes.ts';

const probes = {
  liveness: {
    zh: '存活探针',
    effect:
      'Killing event "failed liveness probe, will be restarted" and restarts at a steady interval, exit code 137 or 143',
    works: 'the probe succeeds in pods of the same revision',
  },
  readiness: {
    zh: '就绪探针',
    effect:
      'pod Running with Ready=False and no restarts; its address stands under notReady in the EndpointSlice',
    works: 'the pod is Ready',
  },
  startup: {
    zh: '启动探针',
    effect:
      'Killing event "failed startup probe, will be restarted"; the container never becomes started: true',
    works: 'containerStatuses[].started is true',
  },
} as const;
type ProbeName = keyof typeof probes;

/** The three probes can be wrong in the same four ways. */
const mistakes = {
  port: (probe: ProbeName): CauseFacts => ({
    title: { en: `The ${probe} probe asks a wrong port`, zh: `${probes[probe].zh}端口错误` },
    kinds: [...workloadKinds, 'Pod'],
    proves: [
      `Unhealthy event: ${probe} probe failed … "connect: connection refused" while the program listens on another port`,
      `the port of the ${probe} probe is none of the container's ports and not the one that the log says it listens on`,
      probes[probe].effect,
    ],
    excludes: [
      'an HTTP status came back: something listens there',
      'the program does not listen at all: it is still starting, hangs or exits',
      probes[probe].works,
    ],
    fixes: ['patch', 'rollout-undo'],
  }),
  protocol: (probe: ProbeName): CauseFacts => ({
    title: { en: `The ${probe} probe speaks a wrong protocol`, zh: `${probes[probe].zh}协议错误` },
    kinds: [...workloadKinds, 'Pod'],
    proves: [
      `Unhealthy event: ${probe} probe failed … "malformed HTTP response", "server gave HTTP response to HTTPS client", "tls: first record does not look like a TLS handshake", "failed to connect service … within 1s" (gRPC)`,
      'httpGet on a gRPC or plain TCP port, grpc on an HTTP port, or a wrong scheme',
      probes[probe].effect,
    ],
    excludes: ['"connection refused": nobody listens', 'a plain HTTP status came back', probes[probe].works],
    fixes: ['patch', 'rollout-undo'],
  }),
  path: (probe: ProbeName): CauseFacts => ({
    title: { en: `The ${probe} probe asks a wrong path`, zh: `${probes[probe].zh}路径错误` },
    kinds: [...workloadKinds, 'Pod'],
    proves: [
      `Unhealthy event: ${probe} probe failed: "HTTP probe failed with statuscode: 404" (or 401, 403, 405)`,
      'the path changed with the revision, in the template or in the program',
      'for exec probes: the command of the probe is not in the image',
      probes[probe].effect,
    ],
    excludes: [
      'statuscode 500 or 503: the path is right and the program says no',
      '"connection refused"',
      probes[probe].works,
    ],
    fixes: ['patch', 'rollout-undo'],
  }),
  timing: (probe: ProbeName): CauseFacts => ({
    title: { en: `The ${probe} probe is too impatient`, zh: `${probes[probe].zh}时间参数过紧` },
    kinds: [...podMakerKinds],
    proves: [
      `Unhealthy event: ${probe} probe failed … "context deadline exceeded" or "Client.Timeout exceeded while awaiting headers"`,
      'initialDelaySeconds + periodSeconds × failureThreshold is shorter than the program takes to start, or timeoutSeconds than it takes to answer',
      probes[probe].effect,
    ],
    excludes: [
      'the program never gets ready however long one waits',
      'an immediate refusal or a wrong status: time would not help',
      'the program is slow in all its answers: latency or CPU is the cause',
    ],
    fixes: ['patch', 'rollout-undo', 'set-resources'],
  }),
} as const;

export const probeCauses = defineCauses('probe', {
  'liveness-port': mistakes.port('liveness'),
  'liveness-protocol': mistakes.protocol('liveness'),
  'liveness-path': mistakes.path('liveness'),
  'liveness-timing': mistakes.timing('liveness'),
  'readiness-port': mistakes.port('readiness'),
  'readiness-protocol': mistakes.protocol('readiness'),
  'readiness-path': mistakes.path('readiness'),
  'readiness-timing': mistakes.timing('readiness'),
  'startup-port': mistakes.port('startup'),
  'startup-protocol': mistakes.protocol('startup'),
  'startup-path': mistakes.path('startup'),
  'startup-timing': mistakes.timing('startup'),
  other: {
    title: { en: 'A probe fails', zh: '其他探针问题' },
    kinds: [...workloadKinds, 'Pod'],
    proves: [
      'Unhealthy events of another kind: statuscode 500 or 503 from the right path, an exec probe that exits with an error, a name that does not resolve',
    ],
    excludes: ['no Unhealthy events and all probes succeed'],
    fixes: ['patch', 'rollout-undo', 'rollout-restart'],
  },
});
