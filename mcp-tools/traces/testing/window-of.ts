import type { ToolInput } from '#domain/tools/define-tool.ts';
import { tracesWindow } from '#domain/tools/traces.ts';
import { callContract, createToolClient } from '../../runtime/client.ts';
import { createTracesServer } from '../server.ts';
import type { TraceStore } from '../trace-store.ts';

/** `traces_window` of a store, as any caller gets it; for tests. */
export async function windowOfStore(store: TraceStore, args: ToolInput<typeof tracesWindow>) {
  const server = createTracesServer({ stores: [store] });
  const tools = createToolClient({ servers: { traces: { kind: 'in-process', server } } });
  try {
    return await callContract(tools, tracesWindow, args);
  } finally {
    await tools.close();
  }
}
