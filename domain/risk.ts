import { z } from 'zod';

/**
 * observe: reads. adjust: reversible and local. disrupt: users may notice. destroy: cannot be undone, or wide.
 * In this order: each is riskier than the one before.
 */
export const riskClasses = ['observe', 'adjust', 'disrupt', 'destroy'] as const;
export const riskClassSchema = z.enum(riskClasses);
export type RiskClass = (typeof riskClasses)[number];

export function riskRank(risk: RiskClass): number {
  return riskClasses.indexOf(risk);
}

export function higherRisk(a: RiskClass, b: RiskClass): RiskClass {
  return riskRank(a) >= riskRank(b) ? a : b;
}
