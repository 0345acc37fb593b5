-- The one-time set-up link while there is no user; one row a control-plane instance, replaced when it starts.
CREATE TABLE "setup_token" (
    "instance" TEXT NOT NULL CHECK (length("instance") BETWEEN 1 AND 255),
    "hash" TEXT NOT NULL CHECK ("hash" ~ '^[0-9a-f]{64}$'),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "setup_token_pkey" PRIMARY KEY ("instance")
);
CREATE UNIQUE INDEX "setup_token_hash_key" ON "setup_token"("hash");
