-- The tables of the first incident. Every table names its tenant, and row-level security keeps tenants apart: the
-- application works as the role understudy_app, which owns nothing, inside transactions that say whose they are.

CREATE FUNCTION understudy_tenant() RETURNS text
  LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('understudy.tenant', true), '') $$;

-- Puts a table under the tenants' rule and gives the application the named rights on it.
CREATE FUNCTION understudy_secure(name text, rights text) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format(
    'CREATE POLICY tenant ON %I USING (tenant_id = understudy_tenant()) WITH CHECK (tenant_id = understudy_tenant())',
    name);
  EXECUTE format('GRANT %s ON %I TO understudy_app', rights, name);
END $$;

CREATE FUNCTION understudy_append_only() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- Where a sequence or hash chain of a tenant stands. The row is locked by whoever adds to it until the commit, so that
-- numbers become visible in their order and a reader who has seen one has seen all before it.
CREATE TABLE chains (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  name text NOT NULL,
  seq bigint NOT NULL,
  head text,
  PRIMARY KEY (tenant_id, name)
);
SELECT understudy_secure('chains', 'SELECT, INSERT, UPDATE');

CREATE TABLE incidents (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id uuid NOT NULL,
  -- Made from source and group key, which are too long for an index.
  group_id uuid NOT NULL,
  source text NOT NULL,
  group_key text NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'closed')),
  phase text NOT NULL,
  severity text NOT NULL,
  title text NOT NULL,
  service text,
  cluster text,
  environment text NOT NULL,
  belief text,
  outcome text,
  reopen_of uuid,
  taken_over_by text,
  delivery_count integer NOT NULL,
  opened_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX incidents_one_open ON incidents (tenant_id, group_id) WHERE status = 'open';
CREATE INDEX incidents_of_group ON incidents (tenant_id, group_id, id);
CREATE INDEX incidents_open ON incidents (tenant_id, id) WHERE status = 'open';
SELECT understudy_secure('incidents', 'SELECT, INSERT, UPDATE');

-- Deliveries and alerts have no foreign keys: they are written in the transaction that writes or locks their incident, and
-- checking each row would cost the intake as much as all the rest.
CREATE TABLE deliveries (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  group_id uuid NOT NULL,
  receiver text NOT NULL,
  -- Absent where nothing was open and nothing fired.
  incident_id uuid,
  delivery_no integer,
  hash text NOT NULL,
  status text NOT NULL,
  outcome text NOT NULL,
  body jsonb NOT NULL,
  received_at timestamptz NOT NULL,
  -- Equal ones that came shortly after.
  duplicates integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX deliveries_latest ON deliveries (tenant_id, group_id, md5(receiver), seq);
CREATE INDEX deliveries_ignored ON deliveries (tenant_id, group_id, seq) WHERE outcome = 'ignored';
CREATE INDEX deliveries_of_incident ON deliveries (tenant_id, incident_id, delivery_no);
SELECT understudy_secure('deliveries', 'SELECT, INSERT, UPDATE');

CREATE TABLE alerts (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  incident_id uuid NOT NULL,
  -- Made from the sender's fingerprint, which may be of any length.
  alert_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  fingerprint text NOT NULL,
  status text NOT NULL,
  body jsonb NOT NULL,
  -- When the status was last told.
  state_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, alert_id, starts_at)
);
SELECT understudy_secure('alerts', 'SELECT, INSERT, UPDATE');

CREATE TABLE outbox (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  group_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  delivery_no integer NOT NULL,
  status text NOT NULL,
  severity_rank smallint NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Not before: the end of a claim, or of the pause after a failure.
  next_at timestamptz NOT NULL,
  last_error text,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX outbox_order ON outbox (tenant_id, severity_rank, id);
CREATE INDEX outbox_group ON outbox (tenant_id, group_id, id);
CREATE INDEX outbox_incident ON outbox (tenant_id, incident_id);
SELECT understudy_secure('outbox', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE incident_events (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  seq bigint NOT NULL,
  incident_id uuid NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX incident_events_of_incident ON incident_events (tenant_id, incident_id, seq);
SELECT understudy_secure('incident_events', 'SELECT, INSERT');

CREATE TABLE turns (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  workflow_id text NOT NULL,
  turn_seq integer NOT NULL,
  incident_id uuid NOT NULL,
  agent text NOT NULL,
  task text NOT NULL,
  round integer NOT NULL,
  as_of timestamptz NOT NULL,
  decision jsonb NOT NULL,
  reasoner text NOT NULL,
  view_hash text NOT NULL,
  PRIMARY KEY (tenant_id, workflow_id, turn_seq),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
);
CREATE INDEX turns_of_incident ON turns (tenant_id, incident_id);
SELECT understudy_secure('turns', 'SELECT, INSERT');

CREATE TABLE evidence (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id text NOT NULL,
  incident_id uuid NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
);
SELECT understudy_secure('evidence', 'SELECT, INSERT');

CREATE TABLE tool_calls (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  workflow_id text NOT NULL,
  call_seq integer NOT NULL,
  incident_id uuid NOT NULL,
  evidence_id text NOT NULL,
  server text NOT NULL,
  tool text NOT NULL,
  arguments jsonb NOT NULL,
  why text NOT NULL,
  as_of timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (tenant_id, workflow_id, call_seq),
  FOREIGN KEY (tenant_id, evidence_id) REFERENCES evidence (tenant_id, id)
);
CREATE INDEX tool_calls_of_incident ON tool_calls (tenant_id, incident_id);
SELECT understudy_secure('tool_calls', 'SELECT, INSERT');

CREATE TABLE plans (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  incident_id uuid NOT NULL,
  plan_no integer NOT NULL,
  turn_seq integer,
  plan jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, plan_no),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
);
SELECT understudy_secure('plans', 'SELECT, INSERT');

CREATE TABLE steps (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  incident_id uuid NOT NULL,
  plan_no integer NOT NULL,
  step_no integer NOT NULL,
  step_id text NOT NULL,
  status text NOT NULL,
  action text NOT NULL,
  object jsonb NOT NULL,
  -- Equal for equal objects.
  object_key text NOT NULL,
  arguments jsonb NOT NULL,
  why text NOT NULL,
  undo text NOT NULL,
  prepared jsonb,
  detail text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, plan_no, step_no),
  FOREIGN KEY (tenant_id, incident_id, plan_no) REFERENCES plans (tenant_id, incident_id, plan_no)
);
CREATE UNIQUE INDEX steps_by_id ON steps (tenant_id, step_id);
CREATE INDEX steps_on_object ON steps (tenant_id, md5(object_key));
SELECT understudy_secure('steps', 'SELECT, INSERT, UPDATE');

CREATE TABLE gates (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  gate_id text NOT NULL,
  incident_id uuid NOT NULL,
  plan_no integer NOT NULL,
  step_no integer NOT NULL,
  status text NOT NULL,
  -- The question as it was asked; what changes later has columns of its own.
  body jsonb NOT NULL,
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  escalated_at timestamptz,
  closed_at timestamptz,
  -- When its workflow was first told that it is approved: from then on the grant's time runs.
  approval_told_at timestamptz,
  PRIMARY KEY (tenant_id, gate_id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
);
CREATE INDEX gates_of_incident ON gates (tenant_id, incident_id);
CREATE INDEX gates_by_status ON gates (tenant_id, status, opened_at);
SELECT understudy_secure('gates', 'SELECT, INSERT, UPDATE');

CREATE TABLE decisions (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  run_id text NOT NULL,
  event_id bigint NOT NULL,
  gate_id text NOT NULL,
  at timestamptz NOT NULL,
  claimed_user text,
  verdict text NOT NULL,
  accepted boolean NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, run_id, event_id),
  FOREIGN KEY (tenant_id, gate_id) REFERENCES gates (tenant_id, gate_id)
);
CREATE INDEX decisions_of_gate ON decisions (tenant_id, gate_id, event_id);
CREATE INDEX decisions_of_user ON decisions (tenant_id, claimed_user, at) WHERE NOT accepted;
SELECT understudy_secure('decisions', 'SELECT, INSERT');

CREATE TABLE grants (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  jti text NOT NULL,
  gate_id text NOT NULL,
  step_id text NOT NULL,
  claims jsonb NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  burnt_at timestamptz,
  -- Replaced by a later one; may not be used any more.
  voided_at timestamptz,
  PRIMARY KEY (tenant_id, jti),
  FOREIGN KEY (tenant_id, gate_id) REFERENCES gates (tenant_id, gate_id)
);
CREATE UNIQUE INDEX grants_one_live ON grants (tenant_id, gate_id) WHERE voided_at IS NULL;
SELECT understudy_secure('grants', 'SELECT, INSERT, UPDATE');

CREATE TABLE ledger (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  seq bigint NOT NULL,
  incident_id uuid NOT NULL,
  plan_no integer NOT NULL,
  step_no integer NOT NULL,
  step_id text NOT NULL,
  kind text NOT NULL,
  attempt integer NOT NULL,
  at timestamptz NOT NULL,
  data jsonb NOT NULL,
  format smallint NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
CREATE UNIQUE INDEX ledger_once ON ledger (tenant_id, step_id, kind, attempt);
CREATE INDEX ledger_of_incident ON ledger (tenant_id, incident_id, seq);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
  FOR EACH STATEMENT EXECUTE FUNCTION understudy_append_only();
SELECT understudy_secure('ledger', 'SELECT, INSERT');

CREATE TABLE audit (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  data jsonb NOT NULL,
  proof jsonb,
  outcome text NOT NULL,
  format smallint NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION understudy_append_only();
SELECT understudy_secure('audit', 'SELECT, INSERT');

CREATE TABLE cases (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  incident_id uuid NOT NULL,
  body jsonb NOT NULL,
  alert_names text[] NOT NULL,
  service text,
  cause text,
  search_terms text[] NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, incident_id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
);
CREATE INDEX cases_by_terms ON cases USING gin (search_terms);
CREATE INDEX cases_by_alert ON cases USING gin (alert_names);
CREATE INDEX cases_by_service ON cases (tenant_id, service);
CREATE INDEX cases_by_cause ON cases (tenant_id, cause);
CREATE INDEX cases_by_time ON cases (tenant_id, closed_at);
SELECT understudy_secure('cases', 'SELECT, INSERT, UPDATE');

CREATE TABLE runbooks (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id text NOT NULL,
  title text NOT NULL,
  causes text[] NOT NULL,
  text text NOT NULL,
  used integer NOT NULL DEFAULT 0,
  helped integer NOT NULL DEFAULT 0,
  search_terms text[] NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX runbooks_by_terms ON runbooks USING gin (search_terms);
CREATE INDEX runbooks_by_cause ON runbooks USING gin (causes);
SELECT understudy_secure('runbooks', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE changes (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id text NOT NULL,
  at timestamptz NOT NULL,
  cluster text,
  namespace text,
  service text,
  body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX changes_by_time ON changes (tenant_id, at);
SELECT understudy_secure('changes', 'SELECT, INSERT, UPDATE');

CREATE TABLE users (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('person', 'service')),
  roles text[] NOT NULL,
  -- Environments whose gates it may decide; absent: all.
  environments text[],
  totp_secret text,
  created_at timestamptz NOT NULL,
  disabled_at timestamptz,
  -- Decision tokens issued up to then are void.
  tokens_revoked_at timestamptz,
  PRIMARY KEY (tenant_id, name)
);
SELECT understudy_secure('users', 'SELECT, INSERT, UPDATE');

CREATE TABLE api_keys (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  id text NOT NULL,
  user_name text NOT NULL,
  -- intake: may post alerts and changes, nothing else.
  scope text NOT NULL CHECK (scope IN ('full', 'intake')),
  secret_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, user_name) REFERENCES users (tenant_id, name)
);
CREATE INDEX api_keys_of_user ON api_keys (tenant_id, user_name);
SELECT understudy_secure('api_keys', 'SELECT, INSERT, UPDATE');

CREATE TABLE otp_burns (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  user_name text NOT NULL,
  step bigint NOT NULL,
  gate_id text NOT NULL,
  run_id text NOT NULL,
  event_id bigint NOT NULL,
  PRIMARY KEY (tenant_id, user_name, step)
);
SELECT understudy_secure('otp_burns', 'SELECT, INSERT');

CREATE TABLE policies (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  no integer NOT NULL,
  policy jsonb NOT NULL,
  at timestamptz NOT NULL,
  by_user text NOT NULL,
  PRIMARY KEY (tenant_id, no)
);
SELECT understudy_secure('policies', 'SELECT, INSERT');

CREATE TABLE switches (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  name text NOT NULL,
  is_on boolean NOT NULL,
  at timestamptz NOT NULL,
  by_user text NOT NULL,
  reason text,
  PRIMARY KEY (tenant_id, name)
);
SELECT understudy_secure('switches', 'SELECT, INSERT, UPDATE');

CREATE TABLE settings (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  key text NOT NULL,
  value jsonb NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
SELECT understudy_secure('settings', 'SELECT, INSERT, UPDATE');
