import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { investigate } from '#agents/testing/investigate.ts';
import {
  disturb,
  faultUnix,
  healthyShop,
  type Naming,
  namings,
  rollOut,
  times,
  withContainer,
} from '#agents/testing/shop.ts';
import { alertOf } from '#agents/testing/world.ts';
import { filesOfInvestigation } from '#cli/bundle/capture.ts';
import { bundleFolders } from '#cli/diagnose/bundle-folders.ts';
import { diagnoseFolders } from '#cli/diagnose/diagnose-folders.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import { percentile, print, rounded } from './figures.ts';

/** A folder of bundles to measure on; without it, bundles of the tests' shop are made. */
const given = process.env.UNDERSTUDY_BENCH_BUNDLES;
const made = 200;

/** An incident of a release that fails, with all that was looked at. */
async function makeBundle(folder: string, naming: Naming): Promise<void> {
  const shop = healthyShop(naming);
  for (const service of [shop.entry, shop.near, shop.far]) {
    disturb(shop, service, 'errors', 0.4, faultUnix + 8);
  }
  rollOut(shop, shop.far, {
    change: withContainer({ image: `registry.example/${shop.far}:2.0` }),
    state: { ready: true, phase: 'Running', state: { running: { startedAt: times.faultAt } } },
    newPods: 2,
    oldPods: 0,
  });
  const labels = { alertname: 'HighErrorRatio', namespace: naming.namespace, service: shop.entry };
  shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
  await writeBundleFiles(folder, filesOfInvestigation(await investigate(shop.world, times.asOf)));
}

async function measure(folder: string, what: string): Promise<void> {
  const { signal } = new AbortController();
  const took: number[] = [];
  for await (const { durationMs } of diagnoseFolders(await bundleFolders(folder), { signal })) {
    took.push(durationMs);
  }
  took.sort((a, b) => a - b);
  const how = `${took.length} ${what}, one after the other in one process, from the folder to the diagnosis; the middle one ${rounded(percentile(took, 0.5))} ms`;
  print({
    ...{ name: 'bundle.p95_ms', value: rounded(percentile(took, 0.95)), unit: 'ms' },
    ...{ aim: '< 100', how },
  });
  const megabytes = process.resourceUsage().maxRSS / 1024;
  print({ ...{ name: 'bundle.rss_mb', value: rounded(megabytes, 0), unit: 'MB' }, aim: '< 600', how });
}

if (given === undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-bundles-'));
  try {
    for (let index = 0; index < made; index += 1) {
      const naming = namings[index % namings.length];
      if (naming !== undefined) await makeBundle(join(folder, `b${index}`), naming);
    }
    await measure(folder, "bundles of the tests' shop (UNDERSTUDY_BENCH_BUNDLES names others)");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} else {
  await measure(given, `bundles of ${given}`);
}
