-- Rotation of cluster keys: a new one is first told to all nodes and signs from "signs_from" on.
ALTER TABLE "cluster_key" ADD COLUMN "signs_from" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
UPDATE "cluster_key" SET "signs_from" = "created_at";
