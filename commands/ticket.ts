// The commands on tickets, and when they are refused. An edit may change several things in one version; of a field's name and its value, the last word counts.
import { z } from 'zod'
import { MAX_STATUS_CHARACTERS, mergeFields, type TicketFields, type TicketState } from '../ledger/entities/ticket.ts'
import { ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { MAX_LONG_TEXT_CHARACTERS, textSchema } from '../ledger/text.ts'
import type { Asked, CommandDefinition, Decision } from './command.ts'
import { append, nothing, reject, type Refused } from './decision.ts'
import { changing, creating } from './define.ts'
import { byName, fieldValue } from './by-name.ts'

export const MAX_FIELDS = 100

const text = textSchema().optional()
const status = textSchema(MAX_STATUS_CHARACTERS)
const longText = textSchema(MAX_LONG_TEXT_CHARACTERS)
const opening = z.strictObject({
  subject: textSchema(),
  description: longText.optional(),
  priority: text,
  /** Absent: `open`. Else the word that a ticket which comes from elsewhere has there. */
  status: status.optional(),
  fields: byName(fieldValue).optional(),
})

const refuseTooMany = (fields: TicketFields, id: EntityId): Refused | undefined => {
  const count = Object.keys(fields).length
  return count > MAX_FIELDS
    ? reject('too_many_fields', `${id} would have ${count} fields, ${MAX_FIELDS} are allowed`, '/fields')
    : undefined
}

const refuseClosed = (ticket: TicketState, id: EntityId): Refused | undefined =>
  ticket.status === 'closed' ? reject('ticket_closed', `${id} is closed`) : undefined

const refuseWordOfClose = (said: { readonly status?: string | undefined }): Refused | undefined =>
  said.status === 'closed' ? reject('use_close', 'a ticket is closed by closing it, not by a status of that name', '/status') : undefined

const openTicket = creating({
  name: 'OpenTicket',
  kind: 'ticket',
  route: '/tickets',
  summary: 'Open a ticket',
  example: { subject: 'Commission looks too high', priority: 'high', fields: { broker: 'IB', shares: 100 } },
  rejections: ['use_close', 'too_many_fields'],
  creates: { local: 'ticketId' },
  data: opening,
  decide: ({ entityId, data }) =>
    refuseWordOfClose(data) ??
    refuseTooMany(data.fields ?? {}, entityId) ??
    append({ entityId, event: 'TicketOpened', data: { owner: ownerOf(entityId), ...data } }),
})

const editing = z
  .strictObject({
    subject: text,
    description: longText.optional(),
    priority: text,
    status: status.optional(),
    /** null: nobody. */
    assignee: textSchema().nullable().optional(),
    /** Merged by name; null removes one. */
    fields: byName(fieldValue.nullable()).optional(),
  })
  .refine((named) => Object.keys(named).length > 0, { error: 'must name at least one field' })
  .meta({ minProperties: 1 })

type Edit = z.infer<typeof editing>

const valueOf = (fields: TicketFields, name: string) => (Object.hasOwn(fields, name) ? fields[name] : null)

/** What of an edit is new. */
function changesOf(ticket: TicketState, { fields = {}, ...edit }: Edit): Edit {
  const changed = Object.entries(edit).filter(([name, value]) => value !== (ticket[name as keyof typeof edit] ?? null))
  const changedFields = Object.entries(fields).filter(([name, value]) => value !== valueOf(ticket.fields, name))
  return { ...Object.fromEntries(changed), ...(changedFields.length > 0 ? { fields: Object.fromEntries(changedFields) } : {}) }
}

function decideEdit(ticket: TicketState, { entityId, data }: Asked<Edit>): Decision {
  const closed = refuseClosed(ticket, entityId)
  if (closed) return closed
  const word = refuseWordOfClose(data)
  if (word) return word
  const changes = changesOf(ticket, data)
  if (Object.keys(changes).length === 0) return nothing
  return (
    refuseTooMany(mergeFields(ticket.fields, changes.fields ?? {}), entityId) ?? append({ entityId, event: 'TicketEdited', data: changes })
  )
}

const editTicket = changing({
  name: 'EditTicket',
  kind: 'ticket',
  route: '/tickets/{id}/edit',
  summary: 'Change some of a ticket, in one version',
  example: { status: 'in review', assignee: 'dora', fields: { shares: null } },
  rejections: ['ticket_closed', 'use_close', 'too_many_fields'],
  data: editing,
  decide: decideEdit,
})

const addNote = changing({
  name: 'AddNote',
  kind: 'ticket',
  route: '/tickets/{id}/notes',
  summary: 'Add a note to a ticket',
  example: { text: 'The broker charges 0.02 a share.' },
  rejections: ['ticket_closed'],
  data: z.strictObject({ text: longText }),
  decide: (ticket: TicketState, { entityId, data }) => refuseClosed(ticket, entityId) ?? append({ entityId, event: 'NoteAdded', data }),
})

const closeTicket = changing({
  name: 'CloseTicket',
  kind: 'ticket',
  route: '/tickets/{id}/close',
  summary: 'Close a ticket',
  example: { resolution: 'explained' },
  rejections: ['ticket_closed'],
  data: z.strictObject({ resolution: text }),
  decide: (ticket: TicketState, { entityId, data }) => refuseClosed(ticket, entityId) ?? append({ entityId, event: 'TicketClosed', data }),
})

const reopenTicket = changing({
  name: 'ReopenTicket',
  kind: 'ticket',
  route: '/tickets/{id}/reopen',
  summary: 'Reopen a closed ticket',
  example: { reason: 'it came back' },
  rejections: ['ticket_not_closed'],
  data: z.strictObject({ reason: text }),
  decide: (ticket: TicketState, { entityId, data }) =>
    ticket.status === 'closed'
      ? append({ entityId, event: 'TicketReopened', data })
      : reject('ticket_not_closed', `${entityId} is ${ticket.status}`),
})

export const ticketCommands: readonly CommandDefinition[] = [openTicket, editTicket, addNote, closeTicket, reopenTicket]
