import { describe, expect, it } from 'vitest';
import type { Program } from '#machine/program.ts';
import { optionalRangePrograms, rangePrograms } from './programs.ts';

const all: Program[] = [...Object.values(rangePrograms), ...Object.values(optionalRangePrograms)];
const platforms = (['amd64', 'arm64'] as const).map((arch) => ({ os: 'linux' as const, arch }));

describe('the range’s programs', () => {
  it('can each be given, under a variable of their own', () => {
    const variables = all.map((program) => program.variable);
    expect(new Set(variables).size).toBe(all.length);
    for (const variable of variables) expect(variable).toMatch(/^UNDERSTUDY_[A-Z0-9_]+_PATH$/);
  });

  it('are downloaded over TLS, with a published checksum, in the version that they say', () => {
    for (const program of all) {
      for (const source of program.sources) {
        if (source.kind !== 'download') continue;
        for (const platform of platforms) {
          const url = source.url(platform);
          for (const address of [url, source.checksumUrl(platform)]) {
            expect(address, program.name).toMatch(/^https:\/\//);
            expect(address, program.name).toContain(program.version);
          }
          expect(url, program.name).toContain(platform.arch);
        }
      }
    }
  });

  it('can be built from source where there is no release, and cost nothing extra unless asked for', () => {
    const buildable = ['kube-apiserver', 'kubelet', 'etcd', 'kube-state-metrics', 'coredns'];
    for (const name of buildable) {
      const program = all.find((each) => each.name === name);
      expect(
        program?.sources.some((source) => source.kind.startsWith('go-')),
        name,
      ).toBe(true);
    }
    expect(Object.values(rangePrograms).map((program) => program.name)).not.toContain('kwok');
  });

  it('are taken from PATH only in versions that were tried', () => {
    const fits = (name: string, output: string): boolean =>
      all.find((program) => program.name === name)?.onPath?.fits(output) ?? false;
    expect(fits('kubelet', 'Kubernetes v1.34.4')).toBe(true);
    expect(fits('kubelet', 'Kubernetes v1.28.0')).toBe(false);
    expect(fits('etcd', 'etcd Version: 3.4.23\nGit SHA: x')).toBe(false);
    expect(fits('prometheus', 'prometheus, version 2.53.4 (branch: HEAD)')).toBe(true);
    expect(fits('prometheus', 'prometheus, version 1.8.2 (branch: HEAD)')).toBe(false);
    expect(fits('alertmanager', 'alertmanager, version 0.27.0 (branch: HEAD)')).toBe(true);
  });
});
