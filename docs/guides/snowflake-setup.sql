-- What Strata needs of a Snowflake account, and no more: run by an administrator, once. Each statement may be run again.
-- Replace the public key (docs/guides/sink-snowflake.md says how to make one), and the quota by what you are ready to pay for.

USE ROLE ACCOUNTADMIN;

-- A ceiling: when the month's credits are used up, the warehouse is suspended. Views then wait, and nothing is lost.
CREATE RESOURCE MONITOR IF NOT EXISTS STRATA WITH CREDIT_QUOTA = 250 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;

-- Paid for by the second while it runs, for a minute at least each time it is resumed.
CREATE WAREHOUSE IF NOT EXISTS STRATA WITH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE;
ALTER WAREHOUSE STRATA SET RESOURCE_MONITOR = STRATA;

USE ROLE SYSADMIN;

CREATE DATABASE IF NOT EXISTS STRATA;
CREATE SCHEMA IF NOT EXISTS STRATA.ANALYTICS;

USE ROLE SECURITYADMIN;

-- Who writes: it uses the warehouse, and makes its tables, views and stage in the one schema. It owns them, and nothing else.
CREATE ROLE IF NOT EXISTS STRATA;
GRANT USAGE ON WAREHOUSE STRATA TO ROLE STRATA;
GRANT USAGE ON DATABASE STRATA TO ROLE STRATA;
GRANT USAGE, CREATE TABLE, CREATE VIEW, CREATE STAGE ON SCHEMA STRATA.ANALYTICS TO ROLE STRATA;

-- Who reads: the views, also those that are made later. A view that is replaced keeps its grants.
CREATE ROLE IF NOT EXISTS STRATA_READER;
GRANT USAGE ON WAREHOUSE STRATA TO ROLE STRATA_READER;
GRANT USAGE ON DATABASE STRATA TO ROLE STRATA_READER;
GRANT USAGE ON SCHEMA STRATA.ANALYTICS TO ROLE STRATA_READER;
GRANT SELECT ON FUTURE VIEWS IN SCHEMA STRATA.ANALYTICS TO ROLE STRATA_READER;

-- So that administrators can look after what the two own.
GRANT ROLE STRATA TO ROLE SYSADMIN;
GRANT ROLE STRATA_READER TO ROLE SYSADMIN;

-- The server's own user: it has a key and no password, and can not sign in by a browser.
CREATE USER IF NOT EXISTS STRATA TYPE = SERVICE DEFAULT_ROLE = STRATA DEFAULT_WAREHOUSE = STRATA DEFAULT_NAMESPACE = STRATA.ANALYTICS RSA_PUBLIC_KEY = 'MIIBIjANBgkq...';
GRANT ROLE STRATA TO USER STRATA;
