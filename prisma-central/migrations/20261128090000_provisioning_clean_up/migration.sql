ALTER TABLE "provisioning_jobs"
    ADD COLUMN "clean_up_requested_by" UUID,
    ADD COLUMN "clean_up_requested_at" TIMESTAMPTZ(3),
    ADD COLUMN "cleaned_up_at" TIMESTAMPTZ(3);
