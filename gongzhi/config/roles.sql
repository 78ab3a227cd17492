-- The three roles of the platform and its database. Run once by a superuser; the embedded database does it itself.
-- gz_owner owns the schema and migrates; gz_app is what web, worker and commands use; gz_log orders the
-- transparency log. None of them is a superuser, and only gz_owner may create databases (for tests).
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gz_owner') THEN CREATE ROLE gz_owner LOGIN CREATEDB; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gz_app') THEN CREATE ROLE gz_app LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gz_log') THEN CREATE ROLE gz_log LOGIN; END IF;
END $$;
