import { describe, expect, it } from 'vitest';
import { diagnoseCluster, requireLevel } from './doctor.ts';

describe('what is possible on this machine', () => {
  it('is told with a reason and a way to mend it for everything that is missing, in both languages', async () => {
    for (const language of ['en', 'zh'] as const) {
      const { checks, level, text } = await diagnoseCluster({ stateFolder: '/nowhere/at/all', language });
      expect(checks.map((check) => check.name)).toEqual([
        'system',
        'root',
        'commands',
        'namespaces',
        'cgroups',
        'kernelLog',
        'memory',
        'disk',
      ]);
      for (const check of checks) expect(check.fix === undefined).toBe(check.ok);
      expect(level).toBe(checks.every((check) => check.ok) ? 'full' : undefined);
      expect(/[一-鿿]/.test(text + checks.map((check) => check.text).join(''))).toBe(language === 'zh');
    }
  });

  it('is the given cluster where the configuration names one', async () => {
    const { level } = await diagnoseCluster({
      stateFolder: '/tmp',
      givenKubeconfig: '/home/me/kind.kubeconfig',
    });
    expect(level).toBe('given');
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'is a cluster with simulated nodes for a user who is not root, and what real ones need is said',
    async () => {
      const asRoot = await diagnoseCluster({ stateFolder: '/tmp' });
      process.seteuid?.(65534);
      const original = process.getuid;
      process.getuid = () => 65534;
      try {
        const asNobody = await diagnoseCluster({ stateFolder: '/tmp' });
        expect(asNobody.level).toBe('api');
        await expect(requireLevel('full', '/tmp')).rejects.toThrow(/does not run as root/);
        await requireLevel('api', '/tmp');
        expect(asNobody.checks.find((check) => check.name === 'root')).toMatchObject({ ok: false });
        expect(asNobody.checks.find((check) => check.name === 'cgroups')).toMatchObject({ ok: false });
      } finally {
        process.seteuid?.(0);
        if (original !== undefined) process.getuid = original;
      }
      expect(asRoot.checks.find((check) => check.name === 'root')).toMatchObject({ ok: true });
    },
  );
});
