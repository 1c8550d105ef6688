import { actionNamed } from '#domain/actions/catalogue.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { evaluatePolicy, needsOf, type PolicyAnswer } from '#domain/policy/evaluate.ts';
import { higherRisk, type RiskClass } from '#domain/risk.ts';
import { placeOfObject, type ServiceCatalogue } from '#domain/service-catalogue.ts';
import { editorsBefore } from '#store/gates.ts';
import { currentPolicy } from '#store/policies.ts';
import type { Tx } from '#store/pool.ts';
import { getStep } from '#store/steps.ts';
import { writesStopped } from '#store/switches.ts';

/** What a step needs, worked out by the server itself: nothing that a gate's row says can make it less. */
export type Requirement = {
  readonly answer: PolicyAnswer;
  readonly riskClass: RiskClass;
  readonly environment: string;
  /** The stricter of what the gate says and what was worked out; undefined where the step is forbidden. */
  readonly needs?: Gate['needs'];
};

/** The risk of an action, by the catalogue and with what was seen of the object; never below what the gate says. */
async function riskOf(tx: Tx, gate: Gate): Promise<RiskClass> {
  const action = actionNamed(gate.action);
  const args = action.arguments.safeParse(gate.arguments);
  if (!args.success)
    throw new UnderstudyError('grant-refused', `the arguments do not fit the action ${gate.action}`);
  const step = await getStep(tx, gate);
  const snapshot = step?.prepared?.snapshot;
  const situation = snapshot === undefined ? undefined : { live: snapshot, revisions: [] };
  return higherRisk(gate.riskClass, higherRisk(action.baseRisk, action.risk(args.data, situation)));
}

function stricter(gate: Gate['needs'], worked: NonNullable<ReturnType<typeof needsOf>>): Gate['needs'] {
  return {
    approvals: Math.max(gate.approvals, worked.approvals),
    roles: worked.roles.filter((role) => gate.roles.includes(role)),
    distinctFrom: [...new Set([...gate.distinctFrom, ...worked.distinctFrom])],
  };
}

/**
 * What the policy in force asks for a gate's step, in the environment in which its object really stands. With `stopped`,
 * the kill switch is not asked but taken as given: it stops steps, it does not undo what people have decided.
 */
export async function requirementOf(
  tx: Tx,
  catalogue: ServiceCatalogue,
  gate: Gate,
  stopped?: boolean,
): Promise<Requirement> {
  const { environment, mode } = placeOfObject(catalogue, gate.object);
  const riskClass = await riskOf(tx, gate);
  const answer = evaluatePolicy(await currentPolicy(tx), {
    ...{ environment, riskClass, mode },
    writesStopped: stopped ?? (await writesStopped(tx)),
  });
  const needs = needsOf(answer, await editorsBefore(tx, gate));
  return {
    ...{ answer, riskClass, environment },
    ...(needs === undefined ? {} : { needs: stricter(gate.needs, needs) }),
  };
}
