-- A generated first password was good for ever until it was used. It is good for 72 hours now, like every other
-- password that somebody else has made up.
UPDATE "sys"."users"
SET "password_expires_at" = "created_at" + interval '72 hours'
WHERE "must_change_password" AND "password_expires_at" IS NULL;
