#!/bin/sh
# Makes the role with which the add-on serves: it reads and writes the rows that `addon migrate` lets it, and cannot change a
# table. Runs when the database is new; for one that is older:
#   docker compose up --detach postgres && docker compose exec postgres sh /docker-entrypoint-initdb.d/app-role.sh
set -eu
psql --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
  --set password="$POSTGRES_APP_PASSWORD" <<'SQL'
SELECT 'CREATE ROLE addon_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'addon_app') \gexec
ALTER ROLE addon_app WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
