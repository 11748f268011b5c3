// The log of a server in trouble: it says what is wrong, and nothing of who asked for what.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../test/database.ts'
import { served } from '../../test/served.ts'
import { AUDIENCE, ed25519, ISSUER } from '../../test/tokens.ts'
import { serverLog } from './log.ts'

const secrets = {
  owner: 'Secret.Owner',
  local: 'Secret-Local',
  subject: 'Secret Subject',
  key: 'SecretKey',
  actor: 'secret@actor',
  correlation: 'SecretCorrelation',
}

/** Ways to make the database refuse what the program holds for good, and back: a rule it does not know, values a rule can not read, a function that is gone. */
const troubles = [
  [
    "alter table ledger.versions add constraint surprise check (event <> 'TicketOpened') not valid",
    'alter table ledger.versions drop constraint surprise',
  ],
  [
    `create function ledger.surprise() returns trigger language plpgsql as $$ begin perform (new.state ->> 'subject')::integer; return new; end $$;
     grant execute on function ledger.surprise to public;
     create trigger surprise before insert on ledger.versions for each row execute function ledger.surprise()`,
    'drop function ledger.surprise cascade',
  ],
  ['alter function ledger.append rename to appendix', 'alter function ledger.appendix rename to append'],
] as const

test('faults are logged without tokens, keys, bodies, ids or the rows of the database', async () => {
  await using database = await testDatabase()
  const lines: string[] = []
  const logger = serverLog({ write: (line) => void lines.push(line) })
  const issuer = ed25519()
  await using server = await served(database.url, { auth: { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }, logger })
  const token = issuer.token({ sub: secrets.actor, owner: secrets.owner, scope: 'submit' })
  const authorization = `Bearer ${token}`
  const headers = { authorization, 'idempotency-key': secrets.key, 'x-correlation-id': secrets.correlation }
  const admin = new pg.Client(database.adminUrl)
  await admin.connect()
  try {
    for (const [breaks, mends] of troubles) {
      const before = lines.length
      await admin.query(breaks)
      const data = { subject: secrets.subject }
      const raw = JSON.stringify({ command: 'OpenTicket', entityId: `ticket:${secrets.owner}:${secrets.local}`, data })
      const answers = [
        await server.post('/v1/tickets', { owner: secrets.owner, ticketId: secrets.local, ...data }, headers),
        await server.call('POST', '/v1/commands', { raw, headers: { authorization, 'content-type': 'application/x-ndjson' } }),
      ]
      for (const { text } of answers) assert.match(text, /internal_error/)
      await admin.query(mends)
      assert.ok(lines.length > before, 'it was logged')
    }
  } finally {
    await admin.end()
  }
  logger.error(
    { req: { method: 'GET', url: `/v1/tickets/ticket:${secrets.owner}:x`, headers }, body: secrets.subject },
    "a framework's line",
  )
  logger.warn({ headers: { authorization, 'idempotency-key': secrets.key } }, 'another one')
  const log = lines.join('')
  assert.match(log, /surprise/)
  assert.match(log, /\[redacted\]/)
  for (const secret of [...Object.values(secrets), token, token.split('.')[2] ?? ''])
    assert.ok(!log.includes(secret), `${secret} is in the log:\n${log}`)
})
