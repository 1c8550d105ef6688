import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { argsHash } from '#domain/actions/args-hash.ts';
import { type GrantClaims, grantAudience, grantIssuer } from '#domain/grant.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import {
  kubernetesExecuteAction,
  kubernetesObserveAction,
  kubernetesPrepareAction,
  type PreparedAction,
} from '#domain/tools/kubernetes-actions.ts';
import { loadKubeconfig } from '#range/cluster/kubeconfig.ts';
import { applyObjects, readManifest } from '#range/cluster/manifests.ts';
import { type KubernetesApi, startKubernetesApi } from '#test/setup/kubernetes-api.ts';
import { createNamespace } from '#test/setup/kubernetes-objects.ts';
import { callContract, createToolClient, type ToolClient } from '../../runtime/client.ts';
import { createKubernetesActionsServer } from '../server.ts';

export const cluster = 'test-cluster';
export const namespace = 'shop';
const policyVersion = 'policy-1';

export type Call = {
  readonly action: string;
  readonly object: ObjectRef;
  readonly arguments: Record<string, unknown>;
};

export function call(action: string, kind: string, name: string, args: Record<string, unknown>): Call {
  const object = kind === 'Node' ? { cluster, kind, name } : { cluster, kind, namespace, name };
  return { action, object, arguments: args };
}

export type GrantChanges = {
  readonly claims?: Partial<GrantClaims>;
  readonly key?: KeyObject;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expiresInSeconds?: number;
};

/** A step on its way: what was prepared and the grant that would be given for it. */
export type Granted = {
  readonly call: Call;
  readonly stepId: string;
  readonly prepared: PreparedAction;
  readonly grant: string;
};

/** The write server over the actor's account, as the range's manifests make it, with a signer and a ledger of burnt grants. */
export async function startActionBench() {
  const api = await startKubernetesApi();
  await applyObjects(loadKubeconfig(api.adminKubeconfig), await readManifest('accounts'));
  await createNamespace(api.admin, namespace);
  await openNamespace(api, namespace);
  const actor = await api.kubeconfigOf('system:serviceaccount:understudy:understudy-actor');
  const keys = generateKeyPairSync('ed25519');
  const grantPublicKeyFile = join(api.folder, 'grant.pub');
  await writeFile(grantPublicKeyFile, keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const burnt = new Set<string>();
  const world = { stopped: false, burningFails: false };

  const clientOver = (kubeconfig: string): ToolClient => {
    const server = createKubernetesActionsServer({
      clusters: [{ name: cluster, kubeconfig }],
      grantPublicKeyFile,
      burnGrant: async (jti) => {
        if (world.burningFails) throw new Error('the database is away');
        if (burnt.has(jti)) return false;
        burnt.add(jti);
        return true;
      },
      writesStopped: async () => world.stopped,
    });
    return createToolClient({ servers: { 'kubernetes-actions': { kind: 'in-process', server } } });
  };
  const client = clientOver(actor);

  const prepare = (wanted: Call, over = client): Promise<ToolOutput<typeof kubernetesPrepareAction>> =>
    callContract(over, kubernetesPrepareAction, wanted);

  const sign = async (wanted: Call, stepId: string, prepared: PreparedAction, changes: GrantChanges = {}) => {
    const claims = {
      gateId: randomUUID(),
      incidentId: randomUUID(),
      stepId,
      argsHash: argsHash({
        action: wanted.action,
        cluster: wanted.object.cluster,
        targetUid: prepared.targetUid,
        arguments: wanted.arguments,
        policyVersion,
        diffDigest: prepared.diffDigest,
      }),
      action: wanted.action,
      cluster: wanted.object.cluster,
      policyVersion,
      riskClass: prepared.riskClass,
      approvedBy: ['alice'],
      ...changes.claims,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(changes.issuer ?? grantIssuer)
      .setAudience(changes.audience ?? grantAudience)
      .setJti(changes.claims?.jti ?? randomUUID())
      .setIssuedAt(Math.floor(Date.now() / 1000) - 3600)
      .setExpirationTime(Math.floor(Date.now() / 1000) + (changes.expiresInSeconds ?? 60))
      .sign(changes.key ?? keys.privateKey);
  };

  /** Prepares a step, which must come out ready, and has it granted. */
  const grantStep = async (wanted: Call, changes: GrantChanges = {}): Promise<Granted> => {
    const answer = await prepare(wanted);
    if (!answer.ok) throw new Error(`refused: ${answer.refused}`);
    const failed = answer.prepared.checks.filter((check) => !check.ok);
    if (failed.length > 0) throw new Error(`not ready: ${JSON.stringify(failed)}`);
    const stepId = `${randomUUID()}/1/1`;
    return {
      call: wanted,
      stepId,
      prepared: answer.prepared,
      grant: await sign(wanted, stepId, answer.prepared, changes),
    };
  };

  return {
    api,
    admin: api.admin,
    actor,
    keys,
    world,
    clientOver,
    prepare,
    sign,
    grantStep,
    execute: (step: Granted, over = client) =>
      callContract(over, kubernetesExecuteAction, { ...step.call, stepId: step.stepId, grant: step.grant }),
    observe: (step: Granted) =>
      callContract(client, kubernetesObserveAction, {
        ...step.call,
        stepId: step.stepId,
        targetUid: step.prepared.targetUid,
        changes: step.prepared.changes,
      }),
    stop: () => api.stop(),
  };
}

export type ActionBench = Awaited<ReturnType<typeof startActionBench>>;

async function openNamespace(api: KubernetesApi, name: string): Promise<void> {
  const objects = await readManifest('application-access');
  const placed = objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: name } }));
  await applyObjects(loadKubeconfig(api.adminKubeconfig), placed);
}
