import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/**
 * What stands for a payload that cannot be read: an encoding that nobody here knows, JSON that is none. It has the form of
 * nothing that we expect, so it is recorded as unknown.
 */
export type Undecodable = { readonly undecodable: string };

/**
 * Decodes whatever can be decoded, and never throws: a workflow task that fails on one signal is tried again for ever, and
 * with it everything else that the workflow has to do. Temporal loads it by path, into the workflows' bundle too.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload: <T>(...args: Parameters<PayloadConverter['fromPayload']>): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(
        ...(args as Parameters<typeof defaultPayloadConverter.fromPayload<T>>),
      );
    } catch (error) {
      const marker: Undecodable = { undecodable: error instanceof Error ? error.message : String(error) };
      return marker as T;
    }
  },
};
