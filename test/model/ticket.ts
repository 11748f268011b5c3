// Tickets in the model.
import { after, changes, missing, no, ownerOf, rawOf, type Book, type Command, type Outcome, type Raw, word } from './book.ts'

type Words = Readonly<Record<string, unknown>>

export interface RawTicket extends Raw {
  /** subject, priority, assignee, resolution: those that are there. */
  readonly words: Words
  readonly status: string
  readonly fields: Words
  readonly notes: number
}

export const showTicket = ({ owner, words, status, fields, notes }: RawTicket): object => ({
  owner,
  ...words,
  status,
  fields,
  noteCount: notes,
})

/** A field may be called like a member of every object. */
const valueOf = (words: Words, name: string): unknown => (Object.hasOwn(words, name) ? words[name] : null)

const withoutNull = (words: Words): Words => Object.fromEntries(Object.entries(words).filter(([, value]) => value !== null))

function edit(entityId: string, ticket: RawTicket, { status, fields = {}, ...words }: Words): Outcome {
  if (ticket.status === 'closed') return no('ticket_closed')
  if (status === 'closed') return no('use_close')
  const newWords = Object.fromEntries(Object.entries(words).filter(([name, value]) => value !== valueOf(ticket.words, name)))
  const newFields = Object.fromEntries(Object.entries(fields as Words).filter(([name, value]) => value !== valueOf(ticket.fields, name)))
  const newStatus = status === undefined || status === ticket.status ? undefined : word(status)
  if (Object.keys({ ...newWords, ...newFields }).length === 0 && newStatus === undefined) return changes()
  const change = after<RawTicket>((before) => ({
    ...before,
    words: withoutNull({ ...before.words, ...newWords }),
    fields: withoutNull({ ...before.fields, ...newFields }),
    status: newStatus ?? before.status,
  }))
  return changes({ entityId, change })
}

const onTicket =
  (decide: (command: Command, ticket: RawTicket) => Outcome) =>
  (book: Book, command: Command): Outcome => {
    const ticket = rawOf<RawTicket>(book, command.entityId)
    return ticket === undefined ? missing : decide(command, ticket)
  }

export const ticketCommands: Readonly<Record<string, (book: Book, command: Command) => Outcome>> = {
  OpenTicket: (_, { entityId, data: { fields = {}, ...words } }) =>
    changes({
      entityId,
      change: () => ({ owner: ownerOf(entityId), words, status: 'open', fields: fields as Words, notes: 0 }) as RawTicket,
    }),
  EditTicket: onTicket(({ entityId, data }, ticket) => edit(entityId, ticket, data)),
  AddNote: onTicket(({ entityId }, ticket) =>
    ticket.status === 'closed'
      ? no('ticket_closed')
      : changes({ entityId, change: after<RawTicket>((before) => ({ ...before, notes: before.notes + 1 })) }),
  ),
  CloseTicket: onTicket(({ entityId, data }, ticket) =>
    ticket.status === 'closed'
      ? no('ticket_closed')
      : changes({ entityId, change: after<RawTicket>((before) => ({ ...before, words: { ...before.words, ...data }, status: 'closed' })) }),
  ),
  ReopenTicket: onTicket(({ entityId }, ticket) =>
    ticket.status !== 'closed'
      ? no('ticket_not_closed')
      : changes({
          entityId,
          change: after<RawTicket>(({ words: { resolution: _, ...words }, ...before }) => ({ ...before, words, status: 'open' })),
        }),
  ),
}
