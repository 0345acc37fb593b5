-- Media: the pool of rtpengines and how relayed media behaves. Rows of before get what is now the default; their wire text
-- changes, so the control plane counts the head's hashes anew at its next start ("schema" of the head tells it to).
UPDATE "tenant" SET "policies" = '{"latching": "default"}'::jsonb || "policies";

ALTER TABLE "setting"
    ADD COLUMN "media" JSONB NOT NULL DEFAULT '{"rtpengines": [], "idleMs": 60000, "exhausted": "refuse", "latching": "sdp"}',
    ADD CONSTRAINT "setting_media_check" CHECK (jsonb_typeof("media") = 'object');
