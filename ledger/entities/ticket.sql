-- Tickets: the view people query. May be applied again.

drop view if exists ledger.tickets;
create view ledger.tickets as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'subject' as subject, state ->> 'priority' as priority, state ->> 'status' as status,
    state ->> 'assignee' as assignee, (state ->> 'noteCount')::integer as note_count, state ->> 'resolution' as resolution, state -> 'fields' as fields, recorded_at, effective_at
  from ledger.versions where latest and kind = 'ticket';

grant select on ledger.tickets to strata_append, strata_server, strata_auditor;
