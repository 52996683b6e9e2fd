-- What needs CREATEROLE, and for the backup role a superuser: run once for each server, and for each database that Tamm
-- is to live in, before the first migration:
--     psql -v ON_ERROR_STOP=1 -f roles.sql DATABASE
-- It may run again. Logins are made by whoever runs the server:
--     CREATE ROLE tamm_app LOGIN NOINHERIT IN ROLE tamm_runtime, tamm_ledger, tamm_service;
--     CREATE ROLE tamm_migrator LOGIN IN ROLE tamm_owner;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tamm_owner', 'tamm_lookup', 'tamm_runtime', 'tamm_ledger', 'tamm_service', 'tamm_backup']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name);
        END IF;
    END LOOP;
    -- Hands its functions over to the role that looks memberships up.
    GRANT tamm_lookup TO tamm_owner;
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE tamm_backup BYPASSRLS;
    ELSE
        RAISE WARNING 'tamm_backup sees no rows until a superuser says: ALTER ROLE tamm_backup BYPASSRLS';
    END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO tamm_owner', current_database());
END $$;
