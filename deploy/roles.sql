-- Run once, by psql, as a superuser, before `strata migrate`: the database, its owner, and the server's login, which can do nothing but what strata_server may.
-- SECRETS names a folder with the files owner_password and api_password:
--   SECRETS=deploy/secrets psql --no-psqlrc --file=deploy/roles.sql postgres://postgres@db.example/postgres
\set ON_ERROR_STOP on
\set owner_password `cat "$SECRETS/owner_password"`
\set api_password `cat "$SECRETS/api_password"`

-- Migrates, and owns all but the functions that write. It makes the ledger's three roles, which is why it may create roles.
create role strata_owner login createrole password :'owner_password';
create role strata_api login password :'api_password';
create database strata owner strata_owner;
revoke connect on database strata from public;
grant connect on database strata to strata_api;

-- Made by the owner, so that it can grant it to others too; the other two are made by `strata migrate`.
set role strata_owner;
create role strata_server nologin;
grant strata_server to strata_api;
