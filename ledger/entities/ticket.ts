// A ticket: what somebody needs help with, in the desk's own words. A state stays small however long the conversation: the text of a note lives in its event, the state only counts them.
import { z } from 'zod'
import { ownerSchema } from '../entity-id.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { MAX_LONG_TEXT_CHARACTERS, textSchema } from '../text.ts'

export const MAX_STATUS_CHARACTERS = 40

const description = textSchema(MAX_LONG_TEXT_CHARACTERS)
const status = textSchema(MAX_STATUS_CHARACTERS)
const fieldName = textSchema()
const fieldValue = z.union([textSchema(), z.number(), z.boolean()])
const fields = z.record(fieldName, fieldValue).readonly()

const opened = {
  owner: ownerSchema,
  subject: textSchema(),
  description: description.optional(),
  priority: textSchema().optional(),
}

const ticketState = z
  .strictObject({
    ...opened,
    /** The desk's own word; `open` at first unless another was given, `closed` through close only. */
    status,
    assignee: textSchema().optional(),
    fields,
    noteCount: z.int().nonnegative(),
    resolution: textSchema().optional(),
  })
  .readonly()

const events = {
  /** Without a status: `open`. */
  TicketOpened: z.strictObject({ ...opened, status: status.optional(), fields: fields.optional() }).readonly(),
  /** What changed; null: it is gone. */
  TicketEdited: z
    .strictObject({
      subject: textSchema().optional(),
      description: description.optional(),
      priority: textSchema().optional(),
      status: status.optional(),
      assignee: textSchema().nullable().optional(),
      fields: z.record(fieldName, fieldValue.nullable()).readonly().optional(),
    })
    .readonly(),
  NoteAdded: z.strictObject({ text: textSchema(MAX_LONG_TEXT_CHARACTERS) }).readonly(),
  TicketClosed: z.strictObject({ resolution: textSchema().optional() }).readonly(),
  TicketReopened: z.strictObject({ reason: textSchema().optional() }).readonly(),
}

type EventData = { readonly [Name in keyof typeof events]: z.infer<(typeof events)[Name]> }
type FieldChanges = NonNullable<EventData['TicketEdited']['fields']>

export type TicketState = z.infer<typeof ticketState>
export type TicketFields = TicketState['fields']

/** Fields after a merge by name, where null removes. Own members only, whatever their name. */
export const mergeFields = (before: TicketFields, changes: FieldChanges): TicketFields =>
  Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter((entry): entry is [string, TicketFields[string]] => entry[1] !== null),
  )

const open = (data: EventData['TicketOpened']): TicketState => ({
  ...data,
  status: data.status ?? 'open',
  fields: data.fields ?? {},
  noteCount: 0,
})

function edit(ticket: TicketState, { assignee, fields: changes, ...changed }: EventData['TicketEdited']): TicketState {
  const { assignee: before, ...rest } = ticket
  const after = assignee === undefined ? before : assignee
  return {
    ...rest,
    ...(changed as Partial<TicketState>),
    ...(after === undefined || after === null ? {} : { assignee: after }),
    fields: changes === undefined ? ticket.fields : mergeFields(ticket.fields, changes),
  } as TicketState
}

/** A reopened ticket has no resolution: what it was stands in its history. */
function reopen(ticket: TicketState): TicketState {
  const { resolution: _, ...rest } = ticket
  return { ...rest, status: 'open' }
}

function evolve(ticket: TicketState | undefined, { event, data }: LedgerEvent): TicketState {
  if (ticket === undefined) return open(data as EventData['TicketOpened'])
  switch (event) {
    case 'TicketEdited':
      return edit(ticket, data as EventData['TicketEdited'])
    case 'NoteAdded':
      return { ...ticket, noteCount: ticket.noteCount + 1 }
    case 'TicketClosed':
      return { ...ticket, ...(data as EventData['TicketClosed']), status: 'closed' }
    case 'TicketReopened':
      return reopen(ticket)
    default:
      return ticket
  }
}

export const ticket: Kind<TicketState> = {
  kind: 'ticket',
  plural: 'tickets',
  schemaVersion: 1,
  upcasters: {},
  state: ticketState,
  events,
  evolve,
  filters: ['status', 'assignee', 'priority'],
  sql: new URL('./ticket.sql', import.meta.url),
  example: 'ticket:alice:42',
}
