-- Whose row a change is about, as the row is now: who reaches only their own rows reads only what was done to those.
-- Each entity with owners has its part here.
CREATE VIEW "sys"."audit_owners" AS
SELECT "audit_log"."id" AS "record_id", "assets"."holder_id" AS "owner_id"
FROM "sys"."audit_log"
JOIN "hrm"."assets" ON "audit_log"."entity_type" = 'Asset' AND "assets"."id" = "audit_log"."entity_id"
WHERE "assets"."holder_id" IS NOT NULL;

SELECT "sys"."raise_data_version"();
