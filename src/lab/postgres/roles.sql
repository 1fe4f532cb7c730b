-- Roles of every instance, made before any standby is copied. Logins get their passwords from the lab, not here.

-- Who owns, and who uses, what belongs to tenants. Nobody logs in as either.
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE app_rw NOLOGIN NOBYPASSRLS;
-- Who may enter the databases of tenants that have a schema or a database of their own. Whoever works only in shared tables
-- may not.
CREATE ROLE app_apart NOLOGIN;
-- Who sees the rows of every tenant and writes none: with it a restore of one tenant shows that nobody else was touched.
CREATE ROLE app_reader NOLOGIN BYPASSRLS;

-- Who watches: statistics of everybody, mistakes in configuration files, and the registry of tenants. Nothing else.
CREATE ROLE watchers NOLOGIN IN ROLE pg_monitor;
GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_hba_file_rules() TO watchers;
CREATE ROLE tenantry_watch IN ROLE watchers;
CREATE ROLE tenantry_fallback IN ROLE watchers;

-- Who acts, for the time of a run: what watching needs, and each deed that the console can do. No superuser.
CREATE ROLE operators NOLOGIN IN ROLE watchers, pg_signal_backend;
GRANT EXECUTE ON FUNCTION pg_wal_replay_resume(), pg_wal_replay_pause(), pg_switch_wal(), pg_create_restore_point(text)
    TO operators;
CREATE ROLE tenantry_operate IN ROLE operators;

-- Who makes and drops the roles of leases: no superuser. ADMIN on what it hands out is needed from PostgreSQL 16 on.
CREATE ROLE vault_engine CREATEROLE;
GRANT pg_signal_backend TO vault_engine;
GRANT app_owner, app_rw, app_apart TO vault_engine WITH ADMIN OPTION;

-- An application from before there were leases: one login, its password turned by the secrets server.
CREATE ROLE legacy_app IN ROLE app_rw, app_apart;
-- Batch jobs with a password of their own; the faults that hold sessions log in as this.
CREATE ROLE orders_batch IN ROLE app_rw, app_apart;

-- Who may enter the databases that tenants with roles of their own share, and nothing else.
CREATE ROLE tenants NOLOGIN;
GRANT tenants TO vault_engine WITH ADMIN OPTION;
-- New tenants' logins get a limit on what they spill to disk, which only a superuser may set before PostgreSQL 15.
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'GRANT SET ON PARAMETER temp_file_limit TO vault_engine';
  END IF;
END $$;

CREATE ROLE replicator REPLICATION;

GRANT tenantry_watch, legacy_app TO vault_engine WITH ADMIN OPTION;

-- Who turns the password of those who act: not the engine itself, because they may become the engine by SET ROLE, to try
-- what it would do. Without INHERIT nothing of that holds before they say so, in every version.
CREATE ROLE vault_operators CREATEROLE;
GRANT tenantry_operate TO vault_operators WITH ADMIN OPTION;
CREATE ROLE engines NOLOGIN NOINHERIT;
GRANT vault_engine TO engines;
GRANT engines TO tenantry_operate;
GRANT app_reader TO engines;  -- nor is what the reader may read inherited
-- Dropping a slot takes REPLICATION, which nobody inherits.
CREATE ROLE slots NOLOGIN REPLICATION;
GRANT slots TO tenantry_operate;

-- Making and renaming a database takes CREATEDB and the rights of its owner; ending the sessions in it besides. Nobody
-- inherits that either.
CREATE ROLE databases NOLOGIN CREATEDB IN ROLE app_owner, pg_signal_backend;
CREATE ROLE makers NOLOGIN NOINHERIT;
GRANT databases TO makers;
GRANT makers TO tenantry_operate;

-- By default everybody may connect to every database and make temporary tables there.
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres, template1 TO watchers, vault_engine, vault_operators;
CREATE EXTENSION pg_stat_statements;
