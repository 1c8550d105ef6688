import { once } from 'node:events';
import { createServer } from 'node:net';
import { UnderstudyError } from '#domain/errors.ts';

/** Ports of a control plane, on the range's own addresses. */
export type ControlPlanePorts = {
  api: number;
  dns: number;
  etcd: number;
  etcdPeer: number;
  controllerManager: number;
  scheduler: number;
};

/** The well-known ones, so that people recognise them; the addresses are ours, so they are nearly always free. */
const preferred: ControlPlanePorts = {
  api: 6443,
  dns: 1053,
  etcd: 2379,
  etcdPeer: 2380,
  controllerManager: 10257,
  scheduler: 10259,
};

/** `wanted` where nobody listens on it (another cluster on all addresses would), and any free port otherwise. */
async function freePort(address: string, wanted: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, address);
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string')
      throw new UnderstudyError('internal', 'a port without a number');
    return bound.port;
  } catch (error) {
    if (wanted === 0 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'))
      throw error;
    return freePort(address, 0);
  } finally {
    server.close();
  }
}

/** Chooses the control plane's ports; both addresses must exist on this machine already. */
export async function choosePorts(addresses: {
  bridgeAddress: string;
  loopback: string;
}): Promise<ControlPlanePorts> {
  const { bridgeAddress, loopback } = addresses;
  return {
    api: await freePort(bridgeAddress, preferred.api),
    dns: await freePort(bridgeAddress, preferred.dns),
    etcd: await freePort(loopback, preferred.etcd),
    etcdPeer: await freePort(loopback, preferred.etcdPeer),
    controllerManager: await freePort(loopback, preferred.controllerManager),
    scheduler: await freePort(loopback, preferred.scheduler),
  };
}
