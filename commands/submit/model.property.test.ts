// Random histories of commands of several owners, sent to a real ledger in bursts, against a plain model in memory (test/model, which shares no code with the ledger): the same answers, the same
// states, and the same as of every version and at random times, by recorded and by effective time. STRATA_TEST_RUNS: how many histories (25). SEED: to see one again.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { fromMicros, toMicros } from '../../ledger/instant.ts'
import { openLedger } from '../../ledger/index.ts'
import { testDatabase } from '../../test/database.ts'
import type { Command } from '../../test/model/book.ts'
import { effectiveTimes, history, renamed } from '../../test/model/history.ts'
import { model, type Model, type ModelAnswer } from '../../test/model/model.ts'
import { failed, type Answer } from './answer.ts'
import { isProblem, parseLine } from './parse.ts'
import { submitter } from './submitter.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const RUNS = Number(process.env['STRATA_TEST_RUNS'] ?? 25)
const COMMANDS = { least: 100, most: 300 }
const BURST = 8
console.log(`# SEED=${seed} STRATA_TEST_RUNS=${RUNS}`)

const database = await testDatabase()
const ledger = await openLedger({ url: database.url })
const commands = submitter(ledger, (error) => console.error(error))
after(async () => {
  await ledger.close()
  await database.drop()
})

async function submit({ dryRun, ...line }: Command): Promise<Answer> {
  const submission = parseLine(line, { actor: 'model', dryRun }, 100)
  return isProblem(submission) ? { problem: submission } : commands.submit(submission)
}

const shown = (answer: Answer): ModelAnswer =>
  failed(answer)
    ? { status: answer.problem.status, code: answer.problem.code }
    : {
        status: answer.status,
        versions: answer.receipt.versions.map(({ entityId, version, state }) => ({ entityId, version, state: state ?? {} })),
        ...(answer.replayed && { replayed: true as const }),
      }

/** Breaking a match finds its other side only while it is decided, and another owner's commands need not wait for it: it goes alone. */
function bursts(all: readonly Command[]): readonly (readonly Command[])[] {
  const made: Command[][] = [[]]
  for (const command of all) {
    const last = made.at(-1)
    if (last === undefined || last.length === BURST || command.command === 'BreakMatch' || last[0]?.command === 'BreakMatch')
      made.push([command])
    else last.push(command)
  }
  return made
}

async function play(expected: Model, all: readonly Command[]): Promise<void> {
  for (const burst of bursts(all)) {
    const answers = await Promise.all(burst.map(submit))
    for (const [n, command] of burst.entries()) {
      const answer = answers[n] ?? assert.fail()
      const wanted = expected.answer(command)
      assert.deepEqual(shown(answer), wanted, JSON.stringify(command))
      const first = failed(answer) ? undefined : answer.receipt.versions[0]
      if (first && 'recordedAt' in first && wanted.versions && !wanted.replayed)
        expected.recorded(wanted.versions, String(first.recordedAt))
    }
  }
}

const justBefore = (at: string): string => fromMicros(toMicros(at) - 1n)

async function compareKnown(expected: Model, id: string): Promise<void> {
  const versions = expected.book.get(id)?.versions ?? []
  assert.deepEqual((await ledger.read.latest(id))?.version, versions.length)
  for (const { recordedAt } of versions)
    for (const at of [recordedAt, justBefore(recordedAt)])
      assert.deepEqual((await ledger.read.asOf(id, at))?.state ?? null, expected.stateAt(id, at), `${id} as of ${at}`)
}

async function compareEffective(expected: Model, id: string, picks: readonly number[]): Promise<void> {
  const recorded = expected.book.get(id)?.versions.map(({ recordedAt }) => recordedAt) ?? []
  const times = [...effectiveTimes, ...recorded]
  for (let n = 0; n + 1 < picks.length; n += 2) {
    const known = recorded[(picks[n] ?? 0) % recorded.length] ?? assert.fail()
    const holding = times[(picks[n + 1] ?? 0) % times.length] ?? assert.fail()
    const { record } = await ledger.read.effective(id, { asOf: known, effectiveAsOf: holding })
    assert.deepEqual(record?.state ?? null, expected.stateAt(id, known, holding), `${id} known by ${known}, holding at ${holding}`)
  }
}

let run = 0

test(`${RUNS} random histories: the ledger answers as the model does, now and as of any time`, async () => {
  const picks = fc.array(fc.nat(), { minLength: 8, maxLength: 8 })
  const property = fc.asyncProperty(history(COMMANDS.least, COMMANDS.most), picks, async (all, chosen) => {
    const expected = model()
    await play(expected, renamed(all, `${process.pid}-${++run}`))
    for (const id of expected.book.keys()) {
      await compareKnown(expected, id)
      await compareEffective(expected, id, chosen)
    }
  })
  // A history is too long to be read: the difference, and where to see it again, say more.
  const { failed: broken, errorInstance, counterexamplePath } = await fc.check(property, { seed, numRuns: RUNS, endOnFailure: true })
  if (broken) throw new Error(`SEED=${seed}, history ${counterexamplePath}`, { cause: errorInstance })
})
