import { readFile } from 'node:fs/promises';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actionNames } from '#domain/actions/catalogue.ts';
import { causeCodes } from '#domain/causes/codes.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { otherNames } from '../check/other-names.ts';
import { loadKubeconfig } from '../cluster/kubeconfig.ts';
import { writeMarker } from '../cluster/marker.ts';
import { alertRules } from '../monitoring/alert-rules.ts';
import { alertmanagerConfig } from '../monitoring/alertmanager-config.ts';
import { practiceIntervals } from '../monitoring/intervals.ts';
import { serviceNames } from '../shop/blueprint.ts';
import { shopImages } from '../shop/images.ts';
import { shopManifests } from '../shop/manifests.ts';
import { shopNames } from '../shop/names.ts';
import { putObject, readObject } from '../shop/put-object.ts';
import { createShop } from '../shop/shop.ts';
import { removeObject } from './added-object.ts';
import { faultNamed, faults } from './catalogue.ts';
import { type Fault, type FaultTarget, nameOfObject } from './fault.ts';

describe('every fault', () => {
  it('is one of at least forty, with a name of its own and a title in both languages', () => {
    expect(faults.length).toBeGreaterThanOrEqual(40);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const { title } of faults) expect(title.zh).toMatch(/\p{Script=Han}/u);
  });

  it.each(faults)('$name declares known causes and actions, and an object that is there', ({ declare }) => {
    expect(causeCodes).toEqual(expect.arrayContaining([...declare.causes]));
    expect(actionNames).toEqual(expect.arrayContaining([...declare.mendBy]));
    expect(declare.verifiedWhen.length).toBeGreaterThan(0);
    expect(declare.mendBy.length > 0).toBe(!['handed-over', 'healthy'].includes(declare.end ?? 'mended'));
    for (const names of [shopNames(), otherNames(1)]) {
      const there = shopManifests(names).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      const roots = [declare, ...(declare.besides ?? [])];
      const shops = roots.flatMap(({ object, alsoRight = [] }) => [object, ...alsoRight]);
      for (const object of shops.filter((each) => 'of' in each))
        expect(there).toContain(`${object.kind} ${nameOfObject(object, names)}`);
    }
  });

  it.each(faults)('$name changes what the shop is called now, and nothing by another name', ({ changes }) => {
    const names = otherNames(1);
    const text = JSON.stringify(changes(names).map(({ object, patch }) => [object, patch.metadata]));
    expect(text).toContain(`"namespace":"${names.namespace}"`);
    const usual = serviceNames.filter((service) => new RegExp(`\\b${service}\\b`).test(text));
    expect(usual).toEqual([]);
  });

  it('is known by its name, and a wrong name tells the right ones', () => {
    expect(faultNamed('bad-release').name).toBe('bad-release');
    expect(() => faultNamed('bad-relase')).toThrow(/bad-release/);
  });
});

/** Words that would give a fault away: names, titles, and the causes that are declared. Some of those are everyday words. */
const tellingWords = faults.flatMap(({ name, title, declare }) => [
  name,
  name.replaceAll('-', ' '),
  title.en.toLowerCase(),
  title.zh,
  ...declare.causes,
  ...declare.causes.map((cause) => cause.split('.')[1] ?? cause).filter((word) => word.includes('-')),
]);

function tellingWordsIn(text: string): string[] {
  const lower = text.toLowerCase();
  return tellingWords.filter((word) => lower.includes(word));
}

describe('what a fault is called', () => {
  it('would be noticed', () => {
    expect(tellingWordsIn('labels: { fault: bad-release }')).toContain('bad-release');
  });

  it.each([shopNames(), otherNames(1)])(
    'stands in no object of the shop in $namespace, nor in what a fault changes',
    (names) => {
      const changes = faults.flatMap((fault) => fault.changes(names));
      expect(tellingWordsIn(JSON.stringify([shopManifests(names), changes]))).toEqual([]);
    },
  );

  it('stands in no file of any image, nor in its name, arguments and environment', async () => {
    const images = await shopImages();
    expect(images.length).toBeGreaterThanOrEqual(serviceNames.length + 3);
    for (const { layers, ...image } of images) {
      // The lowest layer is Node itself.
      for (const file of layers.slice(1).flat()) {
        const text = 'source' in file ? await readFile(file.source, 'utf8') : '';
        expect(tellingWordsIn(`${file.path}\n${text}`), file.path).toEqual([]);
      }
      expect(tellingWordsIn(JSON.stringify(image))).toEqual([]);
    }
  });

  it('stands in no alert rule and not in Alertmanager, and no rule knows a service by name', async () => {
    const webhook = { url: 'http://127.0.0.1/hook', tokenFile: 'token' };
    const text = `${await alertRules(practiceIntervals)}${alertmanagerConfig(webhook, practiceIntervals)}`;
    expect(tellingWordsIn(text)).toEqual([]);
    expect(serviceNames.filter((service) => new RegExp(`\\b${service}\\b`).test(text))).toEqual([]);
  });
});

describe('a fault and a real API server', () => {
  let api: KubernetesApi;
  let target: FaultTarget;
  const names = shopNames();

  beforeAll(async () => {
    api = await startKubernetesApi({ controllers: false });
    const config = loadKubeconfig(api.adminKubeconfig);
    await createShop(config, names, '/images').apply();
    target = {
      names,
      imagesFolder: '/images',
      cluster: {
        ...{ name: 'practice', rangeId: '00c0ffee', level: 'full', apiServerUrl: api.url, caPath: '' },
        ...{ prometheusTokenPath: '', nodes: [], nodeNames: [] },
        kubeconfigs: { admin: api.adminKubeconfig, reader: '', actor: '', prometheus: '' },
      },
    };
  }, startKubernetesApiTimeoutMs);

  afterAll(() => api.stop());

  const configOf = () => loadKubeconfig(api.adminKubeconfig);

  /** The objects that a fault changes, as they are; undefined for one that is not there. */
  const live = async (chosen: readonly Fault[]): Promise<unknown[]> => {
    const objects = chosen.flatMap(({ changes }) => changes(names).map(({ object }) => object));
    const reader = KubernetesObjectApi.makeApiClient(configOf());
    const found: unknown[] = [];
    for (const object of objects) found.push(await readObject(reader, object));
    return found;
  };

  it('that is not a range: every fault refuses, on and off, and changes nothing', async () => {
    const before = await live(faults);
    for (const fault of faults) {
      await expect(fault.on(target)).rejects.toMatchObject({ code: 'not-the-range' });
      await expect(fault.off(target)).rejects.toMatchObject({ code: 'not-the-range' });
    }
    expect(await live(faults)).toEqual(before);
  });

  it("that is another range's: every fault refuses", async () => {
    await writeMarker(configOf(), { rangeId: 'deadbeef', rangeName: 'another' });
    for (const fault of faults)
      await expect(fault.on(target)).rejects.toMatchObject({ code: 'not-the-range' });
  });

  it(
    'of the range: each fault takes hold, a second time changes nothing, and all is put back',
    async () => {
      const config = configOf();
      await writeMarker(config, { rangeId: '00c0ffee', rangeName: 'practice' });
      const shop = createShop(config, names, '/images');
      const objects = KubernetesObjectApi.makeApiClient(config);
      for (const fault of faults) {
        const changes = fault.changes(names);
        const before = await live([fault]);
        await fault.on(target);
        const broken = await live([fault]);
        for (const [index, object] of broken.entries())
          expect(partsOf(object), fault.name).not.toEqual(partsOf(before[index]));
        await fault.on(target);
        expect(await live([fault]), fault.name).toEqual(broken);
        const added = fault.adds?.(names) ?? [];
        for (const object of added) {
          expect(await readObject(objects, object), fault.name).toBeDefined();
          await removeObject(config, object);
          // A claim stays until a controller, of which there is none here, sees that nobody uses it.
          const left = await readObject(objects, object);
          expect(left === undefined || left.metadata?.deletionTimestamp !== undefined, fault.name).toBe(true);
        }
        const touched = changes.map(({ object }) => `${object.kind} ${object.metadata.name}`);
        for (const manifest of shop.manifests)
          if (touched.includes(`${manifest.kind} ${manifest.metadata.name}`))
            await putObject(objects, manifest);
        expect((await live([fault])).map(partsOf), fault.name).toEqual(before.map(partsOf));
      }
      const restored = await live(faults);
      await shop.apply();
      expect(await live(faults)).toEqual(restored);
    },
    startKubernetesApiTimeoutMs,
  );
});

const partsSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.unknown().optional() }),
  spec: z.looseObject({}).optional(),
});

/** What somebody may have changed of an object. */
function partsOf(object: unknown): unknown {
  const parts = partsSchema.safeParse(object).data;
  return parts === undefined
    ? undefined
    : { spec: parts.spec, data: parts.data, labels: parts.metadata.labels };
}
