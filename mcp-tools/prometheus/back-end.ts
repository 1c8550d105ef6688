import type { CallCost } from '../back-ends/json-back-end.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import {
  createPrometheusClient,
  defaultPrometheusLimits,
  type PrometheusCall,
  type PrometheusLimits,
} from './client.ts';
import { createMemory, type Memory } from './memory.ts';

export type PrometheusOptions = {
  /** Address without `/api/v1`. */
  readonly url: string;
  /** The cluster that series speak of where they carry no `cluster` label. */
  readonly cluster: string;
  readonly limits?: Partial<PrometheusLimits>;
  /** Told after each call what it has cost the Prometheus server. */
  readonly recordCost?: (tool: string, cost: CallCost) => void;
};

/** One Prometheus server, as the tools see it. */
export type PrometheusBackEnd = {
  readonly cluster: string;
  readonly memory: Memory;
  readonly limits: PrometheusLimits;
  /** Runs one tool call under one deadline and one budget. */
  readonly during: <Value>(
    tool: string,
    context: ToolContext,
    work: (call: PrometheusCall) => Promise<Value>,
  ) => Promise<Value>;
};

export function openPrometheus(options: PrometheusOptions): PrometheusBackEnd {
  const limits = { ...defaultPrometheusLimits, ...options.limits };
  const client = createPrometheusClient({ url: options.url, limits });
  return {
    cluster: options.cluster,
    memory: createMemory(),
    limits,
    during: async (tool, context, work) => {
      const call = client.startCall(context.signal);
      try {
        return await work(call);
      } finally {
        options.recordCost?.(tool, call.cost);
      }
    },
  };
}

/** The moment that an answer should speak of, in unix seconds. */
export function momentOf(context: ToolContext): number {
  return context.asOf === undefined ? Date.now() / 1000 : Date.parse(context.asOf) / 1000;
}
