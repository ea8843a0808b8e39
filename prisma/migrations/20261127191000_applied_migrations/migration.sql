-- The application has to know which migrations its database has had, and may read nothing else of Prisma's record.
-- PL/pgSQL looks the table up only when it is called: the shadow database of `migrate dev` has none.
CREATE FUNCTION "sys"."applied_migrations" () RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT migration_name::text FROM public._prisma_migrations
    WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL;
END
$$;
