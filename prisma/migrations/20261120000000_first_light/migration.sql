-- Tenants and what belongs to them. Foreign keys and some checks are deferrable: a rollback to an older
-- revision may pass through states that only make sense as a whole.

CREATE TABLE "tenant" (
    "id" SERIAL PRIMARY KEY,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "limits" JSONB NOT NULL,
    "policies" JSONB NOT NULL,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "tenant_key_key" UNIQUE ("key") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "tenant_external_id_key" UNIQUE ("external_id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "tenant_key_check" CHECK ("key" ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    CONSTRAINT "tenant_limits_check" CHECK (jsonb_typeof("limits") = 'object'),
    CONSTRAINT "tenant_policies_check" CHECK (jsonb_typeof("policies") = 'object'),
    CONSTRAINT "tenant_comment_check" CHECK (length("comment") <= 1024)
);

CREATE TABLE "route_set" (
    "number" INTEGER PRIMARY KEY,
    "name" TEXT NOT NULL,
    "tenant_id" INTEGER,
    "family" TEXT NOT NULL,
    "failover" JSONB NOT NULL,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "route_set_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "route_set_number_check" CHECK ("number" >= 0),
    CONSTRAINT "route_set_family_check" CHECK ("family" IN ('prefer', 'match', 'any')),
    CONSTRAINT "route_set_failover_check" CHECK (jsonb_typeof("failover") = 'object'),
    CONSTRAINT "route_set_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "route_set_tenant_id_idx" ON "route_set" ("tenant_id");
CREATE UNIQUE INDEX "route_set_tenant_id_external_id_key" ON "route_set" (COALESCE("tenant_id", 0), "external_id") WHERE "external_id" IS NOT NULL;

CREATE TABLE "rule" (
    "id" SERIAL PRIMARY KEY,
    "route_set" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "match" JSONB NOT NULL,
    "methods" TEXT[] NOT NULL,
    "sets" INTEGER[] NOT NULL,
    "strip" INTEGER NOT NULL DEFAULT 0,
    "prepend" TEXT NOT NULL DEFAULT '',
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "rule_route_set_fkey" FOREIGN KEY ("route_set") REFERENCES "route_set" ("number") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "rule_position_check" CHECK ("position" >= 0),
    CONSTRAINT "rule_match_check" CHECK ("match" ->> 'type' IN ('exact', 'range', 'prefix', 'any')),
    CONSTRAINT "rule_strip_check" CHECK ("strip" BETWEEN 0 AND 64),
    CONSTRAINT "rule_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "rule_route_set_position_idx" ON "rule" ("route_set", "position");
CREATE INDEX "rule_sets_idx" ON "rule" USING GIN ("sets");

CREATE TABLE "dispatcher_set" (
    "id" INTEGER PRIMARY KEY,
    "name" TEXT NOT NULL,
    "tenant_id" INTEGER,
    "algorithm" INTEGER NOT NULL,
    "affinity" TEXT NOT NULL,
    "affinity_all" BOOLEAN NOT NULL DEFAULT false,
    "probing" JSONB NOT NULL,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "dispatcher_set_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "dispatcher_set_id_check" CHECK ("id" >= 0),
    CONSTRAINT "dispatcher_set_affinity_check" CHECK ("affinity" IN ('none', 'aor', 'source', 'call-id')),
    CONSTRAINT "dispatcher_set_probing_check" CHECK (jsonb_typeof("probing") = 'object'),
    CONSTRAINT "dispatcher_set_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "dispatcher_set_tenant_id_idx" ON "dispatcher_set" ("tenant_id");
CREATE UNIQUE INDEX "dispatcher_set_tenant_id_external_id_key" ON "dispatcher_set" (COALESCE("tenant_id", 0), "external_id") WHERE "external_id" IS NOT NULL;

-- Two destinations may share a URI: the id is what health and counters hang on.
CREATE TABLE "destination" (
    "id" SERIAL PRIMARY KEY,
    "set_id" INTEGER NOT NULL,
    "uri" TEXT NOT NULL,
    "rank" INTEGER NOT NULL DEFAULT 1,
    "weight" INTEGER NOT NULL DEFAULT 1,
    "admin" TEXT NOT NULL DEFAULT 'enabled',
    "attrs" JSONB NOT NULL,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "destination_set_id_fkey" FOREIGN KEY ("set_id") REFERENCES "dispatcher_set" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "destination_rank_check" CHECK ("rank" >= 1),
    CONSTRAINT "destination_weight_check" CHECK ("weight" >= 0),
    CONSTRAINT "destination_admin_check" CHECK ("admin" IN ('enabled', 'draining', 'disabled')),
    CONSTRAINT "destination_attrs_check" CHECK (jsonb_typeof("attrs") = 'object'),
    CONSTRAINT "destination_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "destination_set_id_idx" ON "destination" ("set_id");
CREATE UNIQUE INDEX "destination_set_id_external_id_key" ON "destination" ("set_id", "external_id") WHERE "external_id" IS NOT NULL;

CREATE TABLE "domain" (
    "name" TEXT PRIMARY KEY,
    "tenant_id" INTEGER NOT NULL,
    "route_set" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "did" TEXT NOT NULL DEFAULT '',
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "domain_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "domain_route_set_fkey" FOREIGN KEY ("route_set") REFERENCES "route_set" ("number") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "domain_name_check" CHECK ("name" = lower("name") AND length("name") BETWEEN 1 AND 253),
    CONSTRAINT "domain_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "domain_tenant_id_name_idx" ON "domain" ("tenant_id", "name");
CREATE INDEX "domain_route_set_idx" ON "domain" ("route_set");
CREATE UNIQUE INDEX "domain_tenant_id_external_id_key" ON "domain" ("tenant_id", "external_id") WHERE "external_id" IS NOT NULL;

CREATE TABLE "trunk" (
    "key" TEXT PRIMARY KEY,
    "name" TEXT NOT NULL,
    "tenant_id" INTEGER NOT NULL,
    "route_set" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "sources" TEXT[] NOT NULL,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "trunk_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "trunk_route_set_fkey" FOREIGN KEY ("route_set") REFERENCES "route_set" ("number") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "trunk_key_check" CHECK ("key" ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    CONSTRAINT "trunk_sources_check" CHECK (cardinality("sources") > 0),
    CONSTRAINT "trunk_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "trunk_tenant_id_idx" ON "trunk" ("tenant_id");
CREATE INDEX "trunk_route_set_idx" ON "trunk" ("route_set");
CREATE INDEX "trunk_sources_idx" ON "trunk" USING GIN ("sources");
CREATE UNIQUE INDEX "trunk_tenant_id_external_id_key" ON "trunk" ("tenant_id", "external_id") WHERE "external_id" IS NOT NULL;

CREATE TABLE "setting" (
    "key" TEXT PRIMARY KEY,
    "unknown_domain" TEXT NOT NULL,
    "require_to_match" BOOLEAN NOT NULL,
    "scanners" TEXT[] NOT NULL,
    "methods" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "setting_key_check" CHECK ("key" = 'global'),
    CONSTRAINT "setting_unknown_domain_check" CHECK ("unknown_domain" IN ('drop', '403', '404')),
    CONSTRAINT "setting_methods_check" CHECK ("methods" IN ('iana', 'strict'))
);

-- A rule's dispatcher sets are an ordered array, which a foreign key cannot guard; these triggers do.
CREATE FUNCTION "rule_sets_exist"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    absent INTEGER;
BEGIN
    SELECT s INTO absent FROM unnest(NEW."sets") AS s
        WHERE NOT EXISTS (SELECT 1 FROM "dispatcher_set" d WHERE d."id" = s) LIMIT 1;
    IF absent IS NOT NULL THEN
        RAISE EXCEPTION 'rule % names dispatcher set %, which does not exist', NEW."id", absent
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'rule_sets_fkey';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "rule_sets_fkey" AFTER INSERT OR UPDATE OF "sets" ON "rule"
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION "rule_sets_exist"();

CREATE FUNCTION "dispatcher_set_unused"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    user_id INTEGER;
BEGIN
    SELECT r."id" INTO user_id FROM "rule" r WHERE r."sets" @> ARRAY[OLD."id"]
        AND NOT EXISTS (SELECT 1 FROM "dispatcher_set" d WHERE d."id" = OLD."id") LIMIT 1;
    IF user_id IS NOT NULL THEN
        RAISE EXCEPTION 'dispatcher set % is still named by rule %', OLD."id", user_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'dispatcher_set_rule_fkey';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "dispatcher_set_rule_fkey" AFTER DELETE ON "dispatcher_set"
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION "dispatcher_set_unused"();

-- Nodes and who may join.

CREATE TABLE "node" (
    "id" UUID PRIMARY KEY,
    "name" TEXT NOT NULL,
    "draining" BOOLEAN NOT NULL DEFAULT false,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "last_seen_at" TIMESTAMPTZ(3),
    "facts" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "node_name_key" UNIQUE ("name"),
    CONSTRAINT "node_name_check" CHECK (length("name") BETWEEN 1 AND 128)
);

CREATE TABLE "node_token" (
    "id" UUID PRIMARY KEY,
    "node_id" UUID NOT NULL REFERENCES "node" ("id") ON DELETE CASCADE,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "node_token_hash_key" UNIQUE ("hash")
);
CREATE INDEX "node_token_node_id_idx" ON "node_token" ("node_id");

CREATE TABLE "join_token" (
    "id" UUID PRIMARY KEY,
    "hash" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "created_by" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "used_by" UUID,
    CONSTRAINT "join_token_hash_key" UNIQUE ("hash")
);

CREATE TABLE "cluster_key" (
    "id" SERIAL PRIMARY KEY,
    "key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- People and programs.

CREATE TABLE "user" (
    "id" UUID PRIMARY KEY,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "role" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_sign_in_at" TIMESTAMPTZ(3),
    CONSTRAINT "user_email_key" UNIQUE ("email"),
    CONSTRAINT "user_email_check" CHECK ("email" = lower("email")),
    CONSTRAINT "user_role_check" CHECK ("role" IN ('owner', 'operator', 'viewer'))
);

CREATE TABLE "session" (
    "hash" TEXT PRIMARY KEY,
    "user_id" UUID NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "address" TEXT NOT NULL DEFAULT '',
    "agent" TEXT NOT NULL DEFAULT ''
);
CREATE INDEX "session_user_id_idx" ON "session" ("user_id");
CREATE INDEX "session_expires_at_idx" ON "session" ("expires_at");

CREATE TABLE "api_token" (
    "id" UUID PRIMARY KEY,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "scopes" JSONB,
    "created_by" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "api_token_hash_key" UNIQUE ("hash"),
    CONSTRAINT "api_token_role_check" CHECK ("role" IN ('owner', 'operator', 'viewer'))
);

-- The change log: push resume, audit, diff and rollback.

CREATE TABLE "config_head" (
    "id" INTEGER PRIMARY KEY,
    "epoch" UUID NOT NULL,
    "rev" BIGINT NOT NULL,
    "hashes" JSONB NOT NULL,
    CONSTRAINT "config_head_id_check" CHECK ("id" = 1),
    CONSTRAINT "config_head_rev_check" CHECK ("rev" >= 0)
);

CREATE TABLE "config_revision" (
    "rev" BIGINT PRIMARY KEY,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "address" TEXT NOT NULL DEFAULT '',
    "request_id" TEXT NOT NULL DEFAULT '',
    "summary" TEXT NOT NULL,
    "ops" INTEGER NOT NULL,
    "hashes" JSONB NOT NULL,
    CONSTRAINT "config_revision_rev_check" CHECK ("rev" > 0)
);

CREATE TABLE "config_change" (
    "rev" BIGINT NOT NULL,
    "seq" INTEGER NOT NULL,
    "entity" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "before" TEXT,
    "after" TEXT,
    "note_before" JSONB,
    "note_after" JSONB,
    CONSTRAINT "config_change_pkey" PRIMARY KEY ("rev", "seq"),
    CONSTRAINT "config_change_rev_fkey" FOREIGN KEY ("rev") REFERENCES "config_revision" ("rev") ON DELETE CASCADE
);
CREATE INDEX "config_change_entity_key_rev_idx" ON "config_change" ("entity", "key", "rev");

-- The history of this installation begins here; the epoch tells it from any other.
INSERT INTO "config_head" ("id", "epoch", "rev", "hashes") VALUES (1, gen_random_uuid(), 0, '{}');

CREATE TABLE "event" (
    "id" BIGSERIAL PRIMARY KEY,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "severity" TEXT NOT NULL DEFAULT 'info',
    "node_id" UUID,
    "subject" TEXT NOT NULL DEFAULT '',
    "text" TEXT NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT "event_severity_check" CHECK ("severity" IN ('info', 'warning', 'error'))
);
CREATE INDEX "event_kind_id_idx" ON "event" ("kind", "id");
CREATE INDEX "event_subject_id_idx" ON "event" ("subject", "id");
