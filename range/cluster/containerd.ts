import type { Readable } from 'node:stream';
import { archiveOf, readImage } from '../images/image-archive.ts';

/** Runs containerd's client on a node, in the namespace in which the kubelet keeps its pods; answers its output. */
export type Ctr = (args: readonly string[], input?: Readable) => Promise<string>;

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

export async function containerdAnswers(ctr: Ctr): Promise<boolean> {
  return (await ctr(['version'])) !== '';
}

/** Removes the records of all containers; answers how many there were. Their processes must have ended. */
export async function removeAllContainers(ctr: Ctr): Promise<number> {
  const containers = linesOf(await ctr(['containers', 'list', '--quiet']));
  if (containers.length > 0) await ctr(['containers', 'delete', ...containers]);
  return containers.length;
}

/** Imports an image of `buildImage`, sending only blobs that the node lacks; does nothing when the node has the image. */
export async function importImage(ctr: Ctr, indexPath: string): Promise<void> {
  const image = await readImage(indexPath);
  const known = linesOf(await ctr(['images', 'list', `name==${image.ref}`]));
  if (known.some((line) => line.includes(image.digest))) return;
  const blobs = new Set(linesOf(await ctr(['content', 'list', '--quiet'])));
  await ctr(['images', 'import', '-'], archiveOf(image, blobs));
}
