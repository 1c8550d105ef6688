import { imageRef } from '../shop/manifests.ts';
import type { Fault } from './fault.ts';
import { rolloutFault } from './rollout-fault.ts';

/** Images that cannot be had. */
export const imageFaults: readonly Fault[] = [
  rolloutFault({
    name: 'image-other-repository',
    title: { en: 'An image of a repository that does not exist', zh: '镜像仓库路径不存在' },
    of: 'shipping',
    causes: ['image.bad-reference'],
    container: () => ({ image: imageRef('shipping', '2.0.0').replace('/', '/team-a/') }),
    note: 'from the repository of its team',
  }),
  rolloutFault({
    name: 'image-registry-unknown',
    title: { en: 'A registry whose name nobody knows', zh: '镜像仓库域名无法解析' },
    of: 'pricing',
    causes: ['image.registry-name-resolution'],
    container: () => ({ image: 'registry.leaf-and-pot.invalid/pricing:3.0.4' }),
    note: 'from the new registry',
  }),
  rolloutFault({
    name: 'image-registry-closed',
    title: { en: 'A registry that does not answer', zh: '镜像仓库无法连接' },
    of: 'recommendations',
    causes: ['image.registry-unreachable'],
    container: () => ({ image: '127.0.0.1:5999/recommendations:0.8.2' }),
    note: 'from the mirror on the node',
  }),
  rolloutFault({
    name: 'image-name-malformed',
    title: { en: 'An image name that is none', zh: '镜像名称格式错误' },
    of: 'catalog',
    causes: ['image.bad-reference'],
    container: () => ({ image: `${imageRef('catalog', '1.9.0')}:stable` }),
    note: 'by its stable tag',
  }),
  rolloutFault({
    name: 'image-never-pulled',
    title: { en: 'An image that may not be pulled and is not there', zh: '镜像不存在且禁止拉取' },
    of: 'shipping',
    causes: ['image.bad-reference', 'image.other'],
    container: () => ({ image: imageRef('shipping', '2.0.0-slim'), imagePullPolicy: 'Never' }),
    note: 'from the images of the node',
  }),
];
