-- Processes write here every other second; unlogged would do, but a standby that takes over would then fail.
CREATE TABLE "api_processes" (
    "id" UUID NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_processes_pkey" PRIMARY KEY ("id")
);
