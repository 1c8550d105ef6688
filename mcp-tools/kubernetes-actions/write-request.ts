import type { ActionWrite } from '#domain/actions/define-action.ts';
import {
  type FieldChange,
  type GuardedOperation,
  guardedOperations,
  pointer,
  valueAt,
} from '#domain/actions/json-patch.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import { stepAnnotation } from '#domain/tools/kubernetes-actions.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { ApiRequest } from '../kubernetes/api-client.ts';
import { targetPath } from './targets.ts';

/** Under this name the API server keeps which fields we wrote. */
const fieldManager = 'understudy';

const annotationsPath = pointer('metadata', 'annotations');

/** The uid of an object that was read from an API server. */
export function uidOf(object: KubernetesObject): string {
  const { uid } = object.metadata;
  if (uid === undefined) throw new UnderstudyError('internal', 'an object without uid was to be written');
  return uid;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/**
 * Tests for the fields that are not there yet. An API server takes a test against `null` as "is absent" for a field of an
 * object; for a place in an array, the array itself is tested.
 */
function absenceTest(live: KubernetesObject, path: string): GuardedOperation {
  const parent = parentOf(path);
  const holder = valueAt(live, parent);
  return Array.isArray(holder)
    ? { op: 'test', path: parent, value: holder }
    : { op: 'test', path, value: null };
}

/** Leaves the step's mark, in a map of annotations that may have to be made first. */
function markOperations(
  live: KubernetesObject,
  changes: readonly FieldChange[],
  stepId: string,
): GuardedOperation[] {
  const changed = changes.find((change) => change.path === annotationsPath);
  const annotations = changed === undefined ? valueAt(live, annotationsPath) : changed.after;
  return typeof annotations === 'object' && annotations !== null
    ? [{ op: 'add', path: pointer('metadata', 'annotations', stepAnnotation), value: stepId }]
    : [{ op: 'add', path: annotationsPath, value: { [stepAnnotation]: stepId } }];
}

/**
 * One JSON Patch that the API server applies whole or not at all: it tests that this is the very object, that every
 * touched field is as it was at the dry run, changes them, and leaves the step's mark.
 */
export function patchOperations(
  live: KubernetesObject,
  changes: readonly FieldChange[],
  stepId: string,
): GuardedOperation[] {
  const absent = changes.filter((change) => change.before === undefined).map((change) => change.path);
  const noAnnotations = valueAt(live, annotationsPath) === undefined && !absent.includes(annotationsPath);
  return [
    { op: 'test', path: '/metadata/uid', value: uidOf(live) },
    ...absent.map((path) => absenceTest(live, path)),
    ...(noAnnotations ? [absenceTest(live, annotationsPath)] : []),
    ...guardedOperations(changes),
    ...markOperations(live, changes, stepId),
  ];
}

/** The very request that takes the step; with `dryRun` the API server does everything but keep it. */
export function requestOf(
  object: ObjectRef,
  live: KubernetesObject,
  write: ActionWrite,
  options: { readonly stepId: string; readonly dryRun: boolean; readonly signal: AbortSignal },
): ApiRequest {
  const path = targetPath(object);
  const { dryRun, signal, stepId } = options;
  if (write.verb === 'delete') {
    const { gracePeriodSeconds } = write;
    return {
      method: 'DELETE',
      path,
      body: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { uid: uidOf(live) },
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(dryRun ? { dryRun: ['All'] } : {}),
      },
      signal,
    };
  }
  return {
    method: 'PATCH',
    path,
    query: { fieldManager, dryRun: dryRun ? 'All' : undefined },
    body: patchOperations(live, write.changes, stepId),
    contentType: 'application/json-patch+json',
    signal,
  };
}
