import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TicketState } from '../ledger/entities/ticket.ts'
import { also, appends, given, refusal, stateOf, type Command } from './given.ts'
import { commandNamed } from './registry.ts'
import { MAX_FIELDS } from './ticket.ts'

const T = 'ticket:alice:42'
const opened = given(['OpenTicket', T, { subject: 'cannot log in', priority: 'high', fields: { browser: 'firefox' } }])
const edit = (data: object): Command => ['EditTicket', T, data]
const valid = (name: string, data: unknown) => commandNamed(name)?.data.safeParse(data).success

test('a ticket opens with what was said and nothing else', () => {
  assert.deepEqual(stateOf(opened, T), {
    owner: 'alice',
    subject: 'cannot log in',
    priority: 'high',
    status: 'open',
    fields: { browser: 'firefox' },
    noteCount: 0,
  })
  assert.deepEqual(stateOf(given(['OpenTicket', T, { subject: 's' }]), T), {
    owner: 'alice',
    subject: 's',
    status: 'open',
    fields: {},
    noteCount: 0,
  })
})

test('a ticket from elsewhere opens with the word that it has there, but for closed', () => {
  const T2 = 'ticket:alice:43'
  assert.equal(stateOf<TicketState>(given(['OpenTicket', T2, { subject: 's', status: 'Closed' }]), T2).status, 'Closed')
  assert.equal(refusal(given(), ['OpenTicket', T2, { subject: 's', status: 'closed' }]), 'use_close')
  assert.equal(valid('OpenTicket', { subject: 's', status: '' }), false)
})

test('an edit keeps only what is new; fields merge by name, null removes', () => {
  assert.deepEqual(appends(opened, edit({ subject: 'cannot log in', priority: 'low', fields: { browser: 'firefox', os: 'linux' } })), [
    [T, 'TicketEdited', { priority: 'low', fields: { os: 'linux' } }],
  ])
  const edited = also(opened, edit({ fields: { os: 'linux', browser: null }, assignee: 'dana', status: 'awaiting vendor' }))
  assert.deepEqual(stateOf<TicketState>(edited, T).fields, { os: 'linux' })
  assert.equal(stateOf<TicketState>(edited, T).assignee, 'dana')
  assert.equal(stateOf<TicketState>(edited, T).status, 'awaiting vendor')
  assert.equal('assignee' in stateOf(also(edited, edit({ assignee: null })), T), false)
})

test('an edit that changes nothing appends nothing; one that names nothing is no edit', () => {
  for (const same of [
    { priority: 'high' },
    { assignee: null },
    { fields: {} },
    { fields: { none: null } },
    { fields: { browser: 'firefox' } },
    { status: 'open' },
  ]) {
    assert.deepEqual(appends(opened, edit(same)), [])
  }
  assert.equal(valid('EditTicket', {}), false)
  assert.equal(valid('EditTicket', { subject: null }), false)
  assert.equal(valid('EditTicket', { colour: 'red' }), false)
  assert.equal(valid('EditTicket', { status: 'x'.repeat(41) }), false)
})

test('field values: text, finite numbers, true and false; names like members of every object', () => {
  assert.equal(valid('OpenTicket', { subject: 's', fields: { a: {} } }), false)
  assert.equal(valid('OpenTicket', { subject: 's', fields: { a: Infinity } }), false)
  assert.equal(valid('OpenTicket', { subject: 's', fields: { a: null } }), false)
  assert.equal(valid('OpenTicket', { subject: 's', fields: { '': 1 } }), false)
  assert.equal(valid('OpenTicket', { subject: 's', fields: [] }), false)
  assert.equal(valid('OpenTicket', JSON.parse('{"subject":"s","fields":{"__proto__":"x"}}')), false)
  const parsed = commandNamed('OpenTicket')?.data.parse({ subject: 's', fields: { n: -0 } }) as { fields: { n: number } }
  assert.ok(Object.is(parsed.fields.n, 0), '-0 is not kept')
  const book = also(opened, edit({ fields: { constructor: 1, toString: true } }))
  assert.deepEqual(stateOf<TicketState>(book, T).fields, { browser: 'firefox', constructor: 1, toString: true })
  assert.deepEqual(appends(opened, edit({ fields: { constructor: null } })), [])
})

test('too_many_fields: after merging, on opening as well', () => {
  const fields = (count: number, prefix = 'f') => Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, n]))
  const full = also(opened, edit({ fields: fields(MAX_FIELDS - 1) }))
  assert.equal(refusal(full, edit({ fields: { more: 1 } })), 'too_many_fields')
  assert.equal(appends(full, edit({ fields: { more: 1, browser: null } })).length, 1)
  assert.equal(refusal(given(), ['OpenTicket', T, { subject: 's', fields: fields(MAX_FIELDS + 1) }]), 'too_many_fields')
})

test('notes are counted; their text stays in the event', () => {
  assert.deepEqual(appends(opened, ['AddNote', T, { text: 'called back' }]), [[T, 'NoteAdded', { text: 'called back' }]])
  assert.equal(stateOf<TicketState>(also(opened, ['AddNote', T, { text: 'a' }], ['AddNote', T, { text: 'a' }]), T).noteCount, 2)
  assert.equal(valid('AddNote', { text: 'x'.repeat(10_001) }), false)
})

test('closed and reopened', () => {
  assert.equal(refusal(opened, edit({ status: 'closed' })), 'use_close')
  assert.equal(stateOf<TicketState>(also(opened, edit({ status: 'Closed' })), T).status, 'Closed')
  assert.equal(refusal(opened, ['ReopenTicket', T]), 'ticket_not_closed')
  const closed = also(opened, ['CloseTicket', T, { resolution: 'password reset' }])
  assert.deepEqual([stateOf<TicketState>(closed, T).status, stateOf<TicketState>(closed, T).resolution], ['closed', 'password reset'])
  for (const command of [
    edit({ subject: 'x' }),
    edit({ status: 'closed' }),
    ['AddNote', T, { text: 'x' }],
    ['CloseTicket', T],
  ] as Command[]) {
    assert.equal(refusal(closed, command), 'ticket_closed')
  }
  const reopened = also(closed, ['ReopenTicket', T, { reason: 'again' }])
  assert.equal(stateOf<TicketState>(reopened, T).status, 'open')
  assert.equal('resolution' in stateOf(reopened, T), false)
})
