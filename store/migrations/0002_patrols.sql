-- What patrols have seen, so that the next one knows what is new.
CREATE TABLE patrols (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  name text NOT NULL,
  first_look_at timestamptz NOT NULL,
  last_look_at timestamptz NOT NULL,
  levels_at timestamptz,
  gaps jsonb NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
SELECT understudy_secure('patrols', 'SELECT, INSERT, UPDATE');

CREATE TABLE patrol_watches (
  tenant_id text NOT NULL DEFAULT understudy_tenant(),
  patrol text NOT NULL,
  -- Made from the key, which is too long for an index.
  key_id text NOT NULL,
  sighting jsonb NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  looks integer NOT NULL,
  is_old boolean NOT NULL,
  gone_at timestamptz,
  reported_at timestamptz,
  PRIMARY KEY (tenant_id, patrol, key_id)
);
CREATE INDEX patrol_watches_by_time ON patrol_watches (tenant_id, patrol, last_seen_at);
SELECT understudy_secure('patrol_watches', 'SELECT, INSERT, UPDATE, DELETE');
