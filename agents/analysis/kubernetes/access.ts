import { z } from 'zod';
import { kindReader } from './kind-reader.ts';
import { listOf, maybe, text } from './partial.ts';

/** Accounts and what they may do. */

const group = 'rbac.authorization.k8s.io';
const ruleSchema = z.looseObject({
  verbs: listOf(z.string()),
  apiGroups: listOf(z.string()),
  resources: listOf(z.string()),
});
const roleSchema = z.looseObject({ rules: listOf(ruleSchema) });
const bindingSchema = z.looseObject({
  roleRef: maybe(z.looseObject({ kind: text, name: text })),
  subjects: listOf(z.looseObject({ kind: text, name: text, namespace: text })),
});

export const serviceAccounts = kindReader('ServiceAccount', '', z.looseObject({}));
export const roles = kindReader('Role', group, roleSchema);
export const clusterRoles = kindReader('ClusterRole', group, roleSchema);
export const roleBindings = kindReader('RoleBinding', group, bindingSchema);
export const clusterRoleBindings = kindReader('ClusterRoleBinding', group, bindingSchema);
export type Binding = ReturnType<typeof roleBindings>[number];
