-- What complete routing needs: certificates, rates, numbers and aliases, and new columns whose defaults are what the
-- rows meant before. Every row of schema 1 stays; its wire text changes, so the control plane counts the head's hashes
-- anew at its next start and begins another epoch ("schema" tells it to).
ALTER TABLE "config_head" ADD COLUMN "schema" INTEGER NOT NULL DEFAULT 1;

UPDATE "tenant" SET "policies" = '{"redirects": "pass", "hideCallId": false}'::jsonb || "policies";

ALTER TABLE "dispatcher_set"
    ADD COLUMN "hash_on" TEXT NOT NULL DEFAULT 'call-id',
    ADD COLUMN "slow_start_ms" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "registration" TEXT NOT NULL DEFAULT 'path',
    ADD CONSTRAINT "dispatcher_set_algorithm_check" CHECK ("algorithm" BETWEEN 0 AND 15 OR "algorithm" = 64),
    ADD CONSTRAINT "dispatcher_set_hash_on_check" CHECK ("hash_on" <> ''),
    ADD CONSTRAINT "dispatcher_set_slow_start_ms_check" CHECK ("slow_start_ms" >= 0),
    ADD CONSTRAINT "dispatcher_set_registration_check" CHECK ("registration" IN ('path', 'contact'));

-- Prices and windows hang on the rule alone and are read whole.
ALTER TABLE "rule"
    ADD COLUMN "prices" JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN "windows" JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN "rates" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "enum_suffix" TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT "rule_prices_check" CHECK (jsonb_typeof("prices") = 'array' AND jsonb_array_length("prices") IN (0, cardinality("sets"))),
    ADD CONSTRAINT "rule_windows_check" CHECK (jsonb_typeof("windows") = 'array'),
    ADD CONSTRAINT "rule_rates_check" CHECK ("rates" >= 0),
    ADD CONSTRAINT "rule_targets_check" CHECK (cardinality("sets") > 0 OR "rates" > 0 OR "enum_suffix" <> '');
CREATE INDEX "rule_rates_idx" ON "rule" ("rates") WHERE "rates" > 0;

ALTER TABLE "trunk"
    ADD COLUMN "strip" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "prepend" TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT "trunk_strip_check" CHECK ("strip" BETWEEN 0 AND 64);

ALTER TABLE "node" ADD COLUMN "answer_options" BOOLEAN NOT NULL DEFAULT true;

ALTER TABLE "setting"
    ADD COLUMN "tls" JSONB NOT NULL DEFAULT '{"clientCertificates": "off", "ca": "", "minVersion": "TLSv1.2", "verifyDestinations": true}',
    ADD COLUMN "registration" JSONB NOT NULL DEFAULT '{"perSecond": 0, "spreadPercent": 0}',
    ADD COLUMN "keep_alive" JSONB NOT NULL DEFAULT '{"method": "crlf", "intervalMs": 30000}',
    DROP CONSTRAINT "setting_methods_check",
    ADD CONSTRAINT "setting_methods_check" CHECK ("methods" IN ('any', 'iana', 'strict')),
    ADD CONSTRAINT "setting_tls_check" CHECK (jsonb_typeof("tls") = 'object'),
    ADD CONSTRAINT "setting_registration_check" CHECK (jsonb_typeof("registration") = 'object'),
    ADD CONSTRAINT "setting_keep_alive_check" CHECK (jsonb_typeof("keep_alive") = 'object');

-- "key" is sealed under a cluster key; the check keeps a private key in the clear out, whoever writes.
CREATE TABLE "certificate" (
    "name" TEXT PRIMARY KEY,
    "names" TEXT[] NOT NULL,
    "chain" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "certificate_name_check" CHECK ("name" ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    CONSTRAINT "certificate_names_check" CHECK (cardinality("names") > 0),
    CONSTRAINT "certificate_chain_check" CHECK ("chain" LIKE '-----BEGIN CERTIFICATE-----%'),
    CONSTRAINT "certificate_key_check" CHECK ("key" ~ '^[0-9]+\.[A-Za-z0-9_-]+$'),
    CONSTRAINT "certificate_comment_check" CHECK (length("comment") <= 1024)
);

CREATE TABLE "number" (
    "pattern" TEXT PRIMARY KEY,
    "tenant_id" INTEGER NOT NULL,
    "route_set" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "number_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "number_route_set_fkey" FOREIGN KEY ("route_set") REFERENCES "route_set" ("number") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "number_pattern_check" CHECK ("pattern" ~ '^(\+?[0-9]{1,32}\*?|\+\*)$'),
    CONSTRAINT "number_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "number_tenant_id_pattern_idx" ON "number" ("tenant_id", "pattern");
CREATE INDEX "number_route_set_idx" ON "number" ("route_set");
CREATE UNIQUE INDEX "number_tenant_id_external_id_key" ON "number" ("tenant_id", "external_id") WHERE "external_id" IS NOT NULL;

CREATE TABLE "alias" (
    "alias" TEXT PRIMARY KEY,
    "target" TEXT NOT NULL,
    "tenant_id" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "external_id" TEXT,
    "comment" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "alias_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant" ("id") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT "alias_alias_check" CHECK (position('@' IN "alias") > 1 AND length("alias") <= 318),
    CONSTRAINT "alias_target_check" CHECK (position('@' IN "target") > 1 AND length("target") <= 318 AND "target" <> "alias"),
    CONSTRAINT "alias_comment_check" CHECK (length("comment") <= 1024)
);
CREATE INDEX "alias_tenant_id_alias_idx" ON "alias" ("tenant_id", "alias");
CREATE UNIQUE INDEX "alias_tenant_id_external_id_key" ON "alias" ("tenant_id", "external_id") WHERE "external_id" IS NOT NULL;

-- Price lists have a million rows: nothing but what they are for. "rate_table" counts them and carries the version.
CREATE TABLE "rate_table" (
    "number" INTEGER PRIMARY KEY,
    "rows" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "rate_table_number_check" CHECK ("number" >= 1),
    CONSTRAINT "rate_table_rows_check" CHECK ("rows" >= 0)
);
-- Prefixes sort by their bytes whatever the database's collation is: that is the order in which snapshots walk the key.
CREATE TABLE "rate" (
    "table_number" INTEGER NOT NULL,
    "prefix" TEXT COLLATE "C" NOT NULL,
    "set_id" INTEGER NOT NULL,
    "price" BIGINT NOT NULL,
    CONSTRAINT "rate_pkey" PRIMARY KEY ("table_number", "prefix", "set_id"),
    CONSTRAINT "rate_table_number_check" CHECK ("table_number" >= 1),
    CONSTRAINT "rate_prefix_check" CHECK ("prefix" ~ '^(\+?[0-9]{1,32}|\+)$'),
    CONSTRAINT "rate_price_check" CHECK ("price" BETWEEN 0 AND 1000000000000)
);

-- One check and one count a statement instead of a million.
CREATE FUNCTION "rates_added"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    absent INTEGER;
BEGIN
    SELECT n."set_id" INTO absent FROM (SELECT DISTINCT "set_id" FROM "added") AS n
        WHERE NOT EXISTS (SELECT 1 FROM "dispatcher_set" d WHERE d."id" = n."set_id") LIMIT 1;
    IF absent IS NOT NULL THEN
        RAISE EXCEPTION 'a rate names dispatcher set %, which does not exist', absent
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'rate_set_id_fkey';
    END IF;
    INSERT INTO "rate_table" ("number", "rows") SELECT "table_number", count(*) FROM "added" GROUP BY "table_number"
        ON CONFLICT ("number") DO UPDATE SET "rows" = "rate_table"."rows" + EXCLUDED."rows", "version" = "rate_table"."version" + 1, "updated_at" = now();
    RETURN NULL;
END $$;
CREATE FUNCTION "rates_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "rate_table" t SET "rows" = t."rows" - g."rows", "version" = t."version" + 1, "updated_at" = now()
        FROM (SELECT "table_number", count(*) AS "rows" FROM "removed" GROUP BY "table_number") g WHERE t."number" = g."table_number";
    RETURN NULL;
END $$;
CREATE FUNCTION "rates_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "rate_table" t SET "version" = t."version" + 1, "updated_at" = now()
        FROM (SELECT DISTINCT "table_number" FROM "changed") g WHERE t."number" = g."table_number";
    RETURN NULL;
END $$;
CREATE TRIGGER "rate_added" AFTER INSERT ON "rate" REFERENCING NEW TABLE AS "added" FOR EACH STATEMENT EXECUTE FUNCTION "rates_added"();
CREATE TRIGGER "rate_removed" AFTER DELETE ON "rate" REFERENCING OLD TABLE AS "removed" FOR EACH STATEMENT EXECUTE FUNCTION "rates_removed"();
-- Which row a rate is never changes; what it costs does.
CREATE TRIGGER "rate_changed" AFTER UPDATE ON "rate" REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "rates_changed"();

CREATE INDEX "rate_set_id_idx" ON "rate" ("set_id");
CREATE FUNCTION "dispatcher_set_unrated"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rater INTEGER;
BEGIN
    SELECT r."table_number" INTO rater FROM "rate" r WHERE r."set_id" = OLD."id"
        AND NOT EXISTS (SELECT 1 FROM "dispatcher_set" d WHERE d."id" = OLD."id") LIMIT 1;
    IF rater IS NOT NULL THEN
        RAISE EXCEPTION 'dispatcher set % is still named by rate table %', OLD."id", rater
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'dispatcher_set_rate_fkey';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "dispatcher_set_rate_fkey" AFTER DELETE ON "dispatcher_set"
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION "dispatcher_set_unrated"();
