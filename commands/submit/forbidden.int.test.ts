// The last line: a command that reaches another owner's entity without having said so is refused when it has been decided, whatever its definition forgot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLedger } from '../../ledger/index.ts'
import type { Principal, Scope } from '../../ledger/principal.ts'
import { testDatabase } from '../../test/database.ts'
import type { CommandDefinition } from '../command.ts'
import { commandNamed } from '../registry.ts'
import { failed, type Answer } from './answer.ts'
import { isProblem, parseCommand, parseLine, type Submission } from './parse.ts'
import { submitter } from './submitter.ts'

const alice = (...scopes: readonly Scope[]): Principal => ({
  actor: 'alice',
  owner: 'alice',
  scopes: new Set(scopes),
  expiresAt: undefined,
})
const codeOf = (answer: Answer): string => (failed(answer) ? answer.problem.code : String(answer.status))

test('a definition that does not say whom it reaches', async () => {
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  const way = submitter(ledger)
  for (const [owner, side] of [
    ['alice', 'buy'],
    ['bob', 'sell'],
  ]) {
    const data = { instrument: 'X', side, quantity: '1', price: '1', currency: 'USD' }
    const submission = parseLine({ command: 'SubmitTrade', entityId: `trade:${owner}:1`, data }, { actor: 'desk' }, 100)
    assert.ok(!isProblem(submission))
    assert.equal(codeOf(await way.submit(submission)), '201')
  }
  const match = commandNamed('MatchTrades')
  assert.ok(match)
  const { reachesOthers: _, ...forgetful } = match
  const asked = (definition: CommandDefinition, ...scopes: readonly Scope[]): Submission => {
    const data = { otherTradeId: 'trade:bob:1' }
    const raw = { definition, entityId: 'trade:alice:1', idErrors: [], idPointer: 'id', data, pointer: (at: string) => at, bytes: 100 }
    const submission = parseCommand(raw, { actor: 'alice', principal: alice(...scopes) })
    assert.ok(!isProblem(submission))
    return submission
  }
  assert.equal(codeOf(await way.submit(asked(forgetful, 'submit'))), 'forbidden')
  assert.deepEqual((await way.submitAtomic([asked(forgetful, 'submit')])).map(codeOf), ['forbidden'])
  assert.equal((await ledger.read.latest('trade:bob:1'))?.version, 1)
  assert.equal(codeOf(await way.submit(asked(match, 'submit:any'))), '200')
})
