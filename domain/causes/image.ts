import { defineCauses, podMakerKinds, workloadKinds } from './define-causes.ts';

export const imageCauses = defineCauses('image', {
  'bad-reference': {
    title: { en: 'The image or its tag does not exist', zh: '镜像或标签不存在' },
    kinds: [...podMakerKinds],
    proves: [
      'Failed event: "Failed to pull image "…": … not found", "manifest unknown", "repository does not exist"',
      'InvalidImageName: "couldn\'t parse image reference"',
      'ErrImageNeverPull: pull policy Never and the image is not on the node',
      'container waiting with ImagePullBackOff since the rollout; pods of the earlier revision run',
    ],
    excludes: [
      '"unauthorized", "no such host", "i/o timeout" or "toomanyrequests" in the pull error',
      'the same reference was pulled by another pod after the change',
    ],
    fixes: ['set-image', 'rollout-undo'],
  },
  'pull-unauthorized': {
    title: { en: 'The registry refuses the pull credentials', zh: '镜像拉取未授权' },
    kinds: [...podMakerKinds, 'Secret', 'ServiceAccount'],
    proves: [
      'Failed event: "401 Unauthorized", "403 Forbidden", "pull access denied", "authorization failed", "no basic auth credentials"',
      'imagePullSecrets names a Secret that does not exist or is of another type (FailedToRetrieveImagePullSecret)',
    ],
    excludes: [
      '"not found" for a repository that is readable with the same credentials',
      'another image of the same registry and secret was pulled since',
    ],
    fixes: ['patch', 'create', 'rollout-undo'],
  },
  'registry-name-resolution': {
    title: { en: "The registry's name does not resolve", zh: '镜像仓库域名解析失败' },
    kinds: [...workloadKinds, 'Node', 'Host'],
    proves: [
      'Failed event: "dial tcp: lookup REGISTRY on …: no such host" or "server misbehaving"',
      "one workload only: the registry host in the reference is mistyped; all: the node's resolver is broken",
    ],
    excludes: ['an IP address appears in the dial error: the name did resolve'],
    fixes: ['set-image', 'rollout-undo', 'restart-unit'],
  },
  'registry-unreachable': {
    title: { en: 'The registry cannot be reached', zh: '镜像仓库不可达' },
    kinds: ['Host', 'Node', ...workloadKinds],
    proves: [
      'Failed event: "dial tcp IP:443: i/o timeout / connection refused / no route to host", "TLS handshake timeout", "502 Bad Gateway"',
      'several images of the same registry fail on the same nodes',
    ],
    excludes: ['"no such host"', '"not found" or "unauthorized": the registry answered'],
    fixes: ['set-image', 'rollout-undo'],
  },
  'registry-rate-limited': {
    title: { en: 'The registry limits the pulls', zh: '镜像仓库限流' },
    kinds: [...workloadKinds, 'Secret'],
    proves: [
      'Failed event: "429 Too Many Requests" or "toomanyrequests: You have reached your pull rate limit"',
    ],
    excludes: ['the pull error holds no 429'],
    fixes: ['set-image', 'patch', 'rollout-undo'],
  },
  'wrong-architecture': {
    title: { en: "The image is not built for the node's architecture", zh: '镜像架构与节点不匹配' },
    kinds: [...podMakerKinds],
    proves: [
      '"exec format error" in the container log or the StartError message',
      'Failed event: "no match for platform in manifest" or "no matching manifest for linux/arm64"',
      'containers of the image fail only on nodes of one kubernetes.io/arch',
    ],
    excludes: ['the image runs on another node of the same architecture'],
    fixes: ['set-image', 'patch', 'rollout-undo'],
  },
  other: {
    title: { en: 'The image cannot be pulled', zh: '其他镜像问题' },
    kinds: [...podMakerKinds, 'Node'],
    proves: [
      'ErrImagePull or ImagePullBackOff with another text: "no space left on device", "failed to extract layer", x509 errors of the registry',
    ],
    excludes: ['the container has an imageID and has been started'],
    fixes: ['set-image', 'rollout-undo'],
  },
});
