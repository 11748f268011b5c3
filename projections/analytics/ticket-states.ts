// When tickets came into which status: a row per change, so that the time in each is the time until the next.
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection, type RecordOf } from '../projection.ts'
import { versionKey } from '../views/document-key.ts'
import { defined } from './defined.ts'

interface Row {
  readonly owner: string
  readonly ticketId: string
  readonly version: number
  readonly status: string
  readonly assignee?: string
  readonly priority?: string
  readonly enteredAt: Instant
  readonly recordedAt: Instant
}

/** An edit names what it changed; every other event but a note is a change of status. */
const changesStatus = ({ event, data }: RecordOf<'ticket'>): boolean =>
  event === 'TicketEdited' ? data['status'] !== undefined : event !== 'NoteAdded'

export const ticketStates = defineProjection<'ticket', Row>({
  name: 'ticket_states',
  version: 1,
  summary: 'When tickets came into which status',
  kinds: ['ticket'],
  key: (record) => (changesStatus(record) ? versionKey(record) : undefined),
  standalone: true,
  isNew: () => true,
  apply: (_, { entityId, version, state: { owner, status, assignee, priority }, effectiveAt, recordedAt }) =>
    defined({ owner, ticketId: entityId, version, status, assignee, priority, enteredAt: effectiveAt, recordedAt }),
  shown: z.object({
    owner: z.string(),
    ticketId: z.string(),
    version: z.int(),
    status: z.string(),
    assignee: z.string().optional(),
    priority: z.string().optional(),
    enteredAt: keptInstant,
    recordedAt: keptInstant,
  }),
  filters: ['owner', 'status'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    ticketId: 'text',
    version: 'integer',
    status: 'text',
    assignee: 'text',
    priority: 'text',
    enteredAt: 'instant',
    recordedAt: 'instant',
  },
  clusterBy: ['owner', { dayOf: 'enteredAt' }],
})
