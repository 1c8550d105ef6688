import { join } from 'node:path';

/** Where a range keeps what: everything under one folder, which may be moved only while the range is stopped. */
export type Layout = {
  root: string;
  /** Facts that outlive a stop: the network block. */
  stateFile: string;
  /** What runs, for other processes; there only while it does. */
  clusterFile: string;
  pki: string;
  certificates: string;
  kubeconfigs: string;
  etcd: string;
  logs: string;
  auditLog: string;
  config: string;
  node(index: number): NodeLayout;
};

export type NodeLayout = {
  root: string;
  config: string;
  /** Commands of the node's own, first on its PATH. */
  commands: string;
  containerd: string;
  kubelet: string;
  logs: string;
  sysctl: string;
};

export function layoutOf(stateFolder: string): Layout {
  return {
    root: stateFolder,
    stateFile: join(stateFolder, 'range.json'),
    clusterFile: join(stateFolder, 'cluster.json'),
    pki: join(stateFolder, 'pki'),
    certificates: join(stateFolder, 'certificates'),
    kubeconfigs: join(stateFolder, 'kubeconfigs'),
    etcd: join(stateFolder, 'etcd'),
    logs: join(stateFolder, 'logs'),
    auditLog: join(stateFolder, 'audit', 'audit.log'),
    config: join(stateFolder, 'config'),
    node: (index) => nodeLayoutOf(join(stateFolder, `node-${index}`)),
  };
}

function nodeLayoutOf(root: string): NodeLayout {
  return {
    root,
    config: join(root, 'config'),
    commands: join(root, 'commands'),
    containerd: join(root, 'containerd'),
    kubelet: join(root, 'kubelet'),
    logs: join(root, 'logs'),
    sysctl: join(root, 'sysctl'),
  };
}
