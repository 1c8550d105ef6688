import { z } from 'zod';
import type { Evidence } from '#domain/evidence.ts';
import type { Gate } from '#domain/gate.ts';
import type { Incident } from '#domain/incident.ts';
import type {
  AccountChange,
  AccountSecrets,
  CloseResponse,
  CreateUserRequest,
  DecideRequest,
  SendAlertRequest,
  StopAll,
  UserList,
} from '#server/api/schemas.ts';
import { type Connection, callJson } from './http.ts';
import { liveEvents } from './live-events.ts';
import { readStoryEvent, type StoryEvent } from './story-events.ts';
import {
  type AcceptedAlert,
  acceptedForm,
  accountChangeForm,
  accountSecretsForm,
  approvalForm,
  approvalsForm,
  closedForm,
  type Decided,
  decidedForm,
  evidencePageForm,
  type IncidentReading,
  incidentForm,
  incidentsForm,
  type PatrolReading,
  patrolStartedForm,
  patrolsForm,
  stopAllForm,
  takenOverForm,
  usersForm,
} from './wire.ts';

export type EventOptions = {
  /** One incident's events; absent: everybody's. */
  readonly incidentId?: string;
  /** Events after this number; `latest`: only what comes from now on. */
  readonly after: number | 'latest';
  readonly signal: AbortSignal;
  readonly onBreak?: () => void;
};

/** What may be done to an account; the last part of the path that does it. */
export const accountChanges = ['otp-renew', 'key-renew', 'revoke-keys', 'disable', 'enable'] as const;
export type AccountChangeName = (typeof accountChanges)[number];

/** The server, as the commands use it. Every call throws `UnderstudyError` as `callJson` says. */
export type ApiClient = {
  readonly url: string;
  incidents(query: { status?: Incident['status']; limit: number }): Promise<readonly Incident[]>;
  incident(id: string): Promise<IncidentReading>;
  /** The same as the server sends it, for scripts. */
  incidentDocument(id: string): Promise<unknown>;
  /** Everything that the tools answered, in the order in which they were asked. */
  evidence(id: string): Promise<readonly Evidence[]>;
  takeOver(id: string, reason: string | undefined): Promise<string>;
  /** Ends it by hand; its workflow closes it a moment later. */
  closeIncident(id: string, reason: string): Promise<CloseResponse>;
  gates(query: { status?: Gate['status']; limit: number }): Promise<readonly Gate[]>;
  gate(gateId: string): Promise<Gate>;
  decide(gateId: string, decision: DecideRequest): Promise<Decided>;
  /** An Alertmanager webhook body as it is. */
  sendWebhook(body: unknown): Promise<AcceptedAlert>;
  sendAlert(alert: SendAlertRequest): Promise<AcceptedAlert>;
  stopAll(stopped: boolean, reason: string | undefined): Promise<StopAll>;
  /** What patrols have seen. */
  patrols(): Promise<readonly PatrolReading[]>;
  /** Starts a round out of turn. */
  runPatrol(name: string): Promise<void>;
  users(): Promise<UserList['items']>;
  addUser(user: CreateUserRequest): Promise<AccountSecrets>;
  changeUser(name: string, change: AccountChangeName): Promise<AccountChange>;
  /**
   * Events as they come, until the signal aborts; what breaks is taken up again. Answers once the server has taken the
   * question: what happens from then on is in the stream.
   */
  events(options: EventOptions): Promise<AsyncGenerator<StoryEvent>>;
};

const api = '/api/v1';
/** Most that the server gives in one answer. */
const mostItems = 200;

export function createApiClient(connection: Connection, signal: AbortSignal): ApiClient {
  const part = encodeURIComponent;
  const get = { method: 'GET', signal } as const;
  const post = { method: 'POST', signal } as const;
  return {
    url: connection.url,
    incidents: async ({ status, limit }) => {
      const query = { status, limit: Math.min(limit, mostItems) };
      return (await callJson(connection, { ...get, path: `${api}/incidents`, query }, incidentsForm)).items;
    },
    incident: (id) => callJson(connection, { ...get, path: `${api}/incidents/${part(id)}` }, incidentForm),
    incidentDocument: (id) =>
      callJson(connection, { ...get, path: `${api}/incidents/${part(id)}` }, z.unknown()),
    evidence: async (id) => {
      const all: Evidence[] = [];
      let cursor: string | undefined;
      do {
        const call = { ...get, path: `${api}/incidents/${part(id)}/evidence`, query: { cursor } };
        const page = await callJson(connection, call, evidencePageForm);
        all.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return all;
    },
    takeOver: async (id, reason) => {
      const call = { ...post, path: `${api}/incidents/${part(id)}/take-over`, body: given({ reason }) };
      return (await callJson(connection, call, takenOverForm)).takenOverBy;
    },
    closeIncident: (id, reason) =>
      callJson(
        connection,
        { ...post, path: `${api}/incidents/${part(id)}/close`, body: { reason } },
        closedForm,
      ),
    gates: async ({ status, limit }) => {
      const query = { status, limit: Math.min(limit, mostItems) };
      return (await callJson(connection, { ...get, path: `${api}/approvals`, query }, approvalsForm)).items;
    },
    gate: async (gateId) =>
      (await callJson(connection, { ...get, path: `${api}/approvals/${part(gateId)}` }, approvalForm)).gate,
    decide: (gateId, decision) => {
      const path = `${api}/approvals/${part(gateId)}/decide`;
      return callJson(connection, { ...post, path, body: decision }, decidedForm);
    },
    sendWebhook: (body) =>
      callJson(connection, { ...post, path: `${api}/intake/alertmanager`, body }, acceptedForm),
    sendAlert: (body) => callJson(connection, { ...post, path: `${api}/alerts`, body }, acceptedForm),
    stopAll: (stopped, reason) => {
      const body = { stopped, ...given({ reason }) };
      return callJson(connection, { ...post, path: `${api}/stop-all`, body }, stopAllForm);
    },
    patrols: async () => (await callJson(connection, { ...get, path: `${api}/patrols` }, patrolsForm)).items,
    runPatrol: async (name) => {
      await callJson(connection, { ...post, path: `${api}/patrols/${part(name)}/run` }, patrolStartedForm);
    },
    users: async () => (await callJson(connection, { ...get, path: `${api}/users` }, usersForm)).items,
    addUser: (body) => callJson(connection, { ...post, path: `${api}/users`, body }, accountSecretsForm),
    changeUser: (name, change) =>
      callJson(connection, { ...post, path: `${api}/users/${part(name)}/${change}` }, accountChangeForm),
    events: (options) => storyEvents(connection, options),
  };
}

async function storyEvents(
  connection: Connection,
  options: EventOptions,
): Promise<AsyncGenerator<StoryEvent>> {
  const opened = Promise.withResolvers<void>();
  const events = readEvents(connection, options, () => opened.resolve());
  const first = events.next();
  // A first connection that fails is told here, not with the first event.
  await Promise.race([opened.promise, first]);
  return startingWith(first, events);
}

async function* readEvents(
  connection: Connection,
  { after, incidentId, ...rest }: EventOptions,
  onOpen: () => void,
): AsyncGenerator<StoryEvent> {
  const query = { after: String(after), incidentId };
  for await (const message of liveEvents(connection, { ...rest, onOpen, path: `${api}/events`, query })) {
    const event = readStoryEvent(JSON.parse(message.data));
    if (event !== undefined) yield event;
  }
}

async function* startingWith<Item>(
  first: Promise<IteratorResult<Item>>,
  rest: AsyncGenerator<Item>,
): AsyncGenerator<Item> {
  const result = await first;
  if (result.done === true) return;
  yield result.value;
  yield* rest;
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
