-- The customer that has taken this one over.
ALTER TABLE "crm"."customers" ADD COLUMN "merged_into_id" UUID;
ALTER TABLE "crm"."customers" ADD CONSTRAINT "customers_merged_into_id_check" CHECK ("merged_into_id" <> "id");

-- Customers of the same telephone number, however it is written.
CREATE INDEX "customers_live_phone_digits_idx" ON "crm"."customers"(regexp_replace("phone" COLLATE "C", '[^0-9]', '', 'g')) WHERE ("deleted_at" IS NULL);

-- What somebody has to do, by when.
CREATE INDEX "activities_open_due_at_idx" ON "crm"."activities"("assignee_id", "due_at", "id") WHERE ("deleted_at" IS NULL AND "done_at" IS NULL);

-- A customer's timeline: its activities, and the changes of one object, newest first.
CREATE INDEX "activities_live_timeline_idx" ON "crm"."activities"("customer_id", COALESCE("done_at", "created_at") DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "audit_log_entity_type_entity_id_created_at_id_idx" ON "sys"."audit_log"("entity_type", "entity_id", "created_at" DESC, "id" DESC);
DROP INDEX "sys"."audit_log_entity_type_entity_id_idx";

SELECT "sys"."raise_data_version"();
