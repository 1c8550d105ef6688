import { readFile } from 'node:fs/promises';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { createShop } from '../shop/shop.ts';
import { faultNamed, faults } from './catalogue.ts';
import { type FaultTarget, nameOfObject } from './fault.ts';

describe('every fault', () => {
  it('is one of at least eight, with a name of its own and a title in both languages', () => {
    expect(faults.length).toBeGreaterThanOrEqual(8);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const { title } of faults) expect(title.zh).toMatch(/\p{Script=Han}/u);
  });

  it.each(faults)('$name declares known causes and actions, and an object that is there', ({ declare }) => {
    expect(causeCodes).toEqual(expect.arrayContaining([...declare.causes]));
    expect(actionNames).toEqual(expect.arrayContaining([...declare.mendBy]));
    expect(declare.verifiedWhen.length).toBeGreaterThan(0);
    for (const names of [shopNames(), otherNames(1)]) {
      const there = shopManifests(names).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      for (const object of [declare.object, ...(declare.alsoRight ?? [])])
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

/** Words that would give a fault away: names, titles, and the causes that are declared. */
const tellingWords = faults.flatMap(({ name, title, declare }) => [
  name,
  name.replaceAll('-', ' '),
  title.en.toLowerCase(),
  title.zh,
  ...declare.causes,
  ...declare.causes.map((cause) => cause.split('.')[1] ?? cause),
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

  /** The objects that a fault changes, as they are. */
  const live = async (): Promise<unknown[]> => {
    const objects = faults.flatMap((fault) => fault.changes(names).map(({ object }) => object));
    const reader = KubernetesObjectApi.makeApiClient(loadKubeconfig(api.adminKubeconfig));
    return Promise.all(objects.map((object) => reader.read(object)));
  };

  it('that is not a range: every fault refuses, on and off, and changes nothing', async () => {
    const before = await live();
    for (const fault of faults) {
      await expect(fault.on(target)).rejects.toMatchObject({ code: 'not-the-range' });
      await expect(fault.off(target)).rejects.toMatchObject({ code: 'not-the-range' });
    }
    expect(await live()).toEqual(before);
  });

  it("that is another range's: every fault refuses", async () => {
    const config = loadKubeconfig(api.adminKubeconfig);
    await writeMarker(config, { rangeId: 'deadbeef', rangeName: 'another' });
    for (const fault of faults)
      await expect(fault.on(target)).rejects.toMatchObject({ code: 'not-the-range' });
  });

  it('of the range: each fault takes hold, a second time changes nothing, and applying the shop puts all back', async () => {
    const config = loadKubeconfig(api.adminKubeconfig);
    await writeMarker(config, { rangeId: '00c0ffee', rangeName: 'practice' });
    const shop = createShop(config, names, '/images');
    const before = await live();
    for (const fault of faults) await fault.on(target);
    const broken = await live();
    for (const [index, object] of broken.entries()) expect(specOf(object)).not.toEqual(specOf(before[index]));
    for (const fault of faults) await fault.on(target);
    expect(await live()).toEqual(broken);
    await shop.apply();
    expect((await live()).map(specOf)).toEqual(before.map(specOf));
    const restored = await live();
    await shop.apply();
    expect(await live()).toEqual(restored);
  });
});

function specOf(object: unknown): unknown {
  return typeof object === 'object' && object !== null && 'spec' in object ? object.spec : undefined;
}
