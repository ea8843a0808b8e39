-- When a record was written is the server's to say, whatever the application sends. Milliseconds are cut off, not
-- rounded, so that no record is from the future.
CREATE FUNCTION "stamp_record" () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."created_at" := date_trunc('milliseconds', clock_timestamp());
  RETURN NEW;
END
$$;
CREATE TRIGGER "audit_log_time" BEFORE INSERT ON "audit_log"
  FOR EACH ROW EXECUTE FUNCTION "stamp_record" ();
