import { readFile } from 'node:fs/promises';
import { importSPKI, jwtVerify } from 'jose';
import { argsHash } from '#domain/actions/args-hash.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { type GrantClaims, grantAudience, grantClaimsSchema, grantIssuer } from '#domain/grant.ts';
import { riskRank } from '#domain/risk.ts';
import type { ActionCall, PlannedStep } from './situation.ts';

/** The signature's algorithm: no token may choose another. */
const algorithm = 'EdDSA';

function refused(message: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError('grant-refused', `grant: ${message}`, cause === undefined ? {} : { cause });
}

/**
 * Checks that a grant is the server's, is still good, and is for this step of this action on this cluster. Throws
 * `grant-refused` otherwise, and `configuration` where the key cannot be read.
 */
export async function readGrant(
  token: string,
  publicKeyFile: string,
  call: ActionCall & { readonly stepId: string },
): Promise<GrantClaims> {
  // Read each time: a key that was replaced counts at once.
  const pem = await readFile(publicKeyFile, 'utf8').catch((error: unknown) => {
    throw new UnderstudyError('configuration', `the grant key ${publicKeyFile} cannot be read`, {
      cause: error,
    });
  });
  const key = await importSPKI(pem, algorithm);
  const { payload } = await jwtVerify(token, key, {
    algorithms: [algorithm],
    issuer: grantIssuer,
    audience: grantAudience,
    requiredClaims: ['exp', 'iat', 'jti'],
  }).catch((error: unknown) => {
    throw refused(messageOf(error), error);
  });
  const claims = grantClaimsSchema.safeParse(payload);
  if (!claims.success) throw refused('its claims are not those of a grant', claims.error);
  if (claims.data.stepId !== call.stepId) throw refused('it is for another step');
  if (claims.data.action !== call.action) throw refused('it is for another action');
  if (claims.data.cluster !== call.object.cluster) throw refused('it is for another cluster');
  return claims.data;
}

/** Why a grant does not cover the step as it would be taken now, or undefined where it does. */
export function mismatch(claims: GrantClaims, call: ActionCall, step: PlannedStep): string | undefined {
  if (riskRank(step.riskClass) > riskRank(claims.riskClass)) {
    return `the step is ${step.riskClass} by now, and ${claims.riskClass} was granted`;
  }
  const hash = argsHash({
    action: call.action,
    cluster: call.object.cluster,
    targetUid: step.targetUid,
    arguments: call.arguments,
    policyVersion: claims.policyVersion,
    diffDigest: step.diffDigest,
  });
  return hash === claims.argsHash
    ? undefined
    : 'the object or the arguments are not those that were approved; prepare the step again';
}
