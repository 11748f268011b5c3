// Before a ledger is asked anything: help, settings, wrong words.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { strata } from '../test/strata.ts'

test('--help lists every command, without colour, and ends with 0', async () => {
  const { code, stdout, stderr } = await strata(['--help'], { FORCE_COLOR: '1' })
  assert.equal(code, 0)
  assert.equal(stderr, '')
  const files = await readdir(`${import.meta.dirname}/commands`)
  for (const name of files.map((file) => file.replace('.ts', ''))) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'm'))
  assert.ok(!stdout.includes('\u001b'))
  assert.equal((await strata(['show', '--help'], {})).code, 0)
})

test('wrong usage ends with 2, a sentence, and nothing on stdout', async () => {
  const cases: readonly (readonly [RegExp, readonly string[]])[] = [
    [/Usage/, []],
    [/unknown command 'nonsense'/, ['nonsense']],
    [/missing required argument 'entity'/, ['show']],
    [/entity id/, ['show', 'alice']],
    [/unknown option '--nonsense'/, ['show', 'trade:a:1', '--nonsense']],
    [/a version/, ['show', 'trade:a:1', '--version', '0']],
    [/a time with an offset/, ['show', 'trade:a:1', '--as-of', 'yesterday']],
    [/asked alone/, ['show', 'trade:a:1', '--version', '1', '--as-of', '2026-01-01T00:00:00Z']],
    [/kinds/, ['feed', '--kinds', 'nothing']],
    [/--partitions must be a whole number/, ['show', 'trade:a:1', '--partitions', '0']],
    [/there is no query nothing: there are .*trade_history/, ['query', 'nothing']],
    [/limit must be from 1 to 1000/, ['query', 'trade_history', '--limit', '0']],
    [/unknown option '--nonsense'/, ['query', 'trade_history', '--nonsense', '1']],
    [/not named as LOBSTER/, ['import', 'lobster', 'x.csv']],
  ]
  for (const [sentence, args] of cases) {
    const { code, stdout, stderr } = await strata(args, {})
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, sentence)
    assert.equal(stdout, '')
  }
})

test('query without a name lists the queries; each has a flag per parameter', async () => {
  const { code, stdout } = await strata(['query'], {})
  assert.equal(code, 0)
  assert.match(stdout, /^trade_history +Executions, the newest first/m)
  const lines = (await strata(['query', '--json'], {})).stdout.trimEnd().split('\n')
  assert.ok(lines.some((line) => (JSON.parse(line) as { readonly name: string }).name === 'average_pnl'))
  assert.match((await strata(['query', 'trade_history', '--help'], {})).stdout, /--trade-id <value> +Only of this trade/)
})

test('config shows every setting and where it came from, and no secret', async () => {
  const env = { STRATA_DATABASE_URL: 'postgres://u:hunter2@h/d', STRATA_PORT: '1' }
  const plain = await strata(['config', '--port', '2'], env)
  assert.match(plain.stdout, /^STRATA_PORT +2 +flag +--port$/m)
  assert.match(plain.stdout, /^STRATA_LANES +3 +default/m)
  const { stdout } = await strata(['config', '--json'], env)
  assert.ok(
    (JSON.parse(stdout) as readonly { name: string; value: unknown }[]).some(({ name, value }) => name === 'STRATA_PORT' && value === 1),
  )
  assert.ok(!`${stdout}${plain.stdout}`.includes('hunter2'))
  const unknown = await strata(['config'], { STRATA_PROT: '1' })
  assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
  assert.match(unknown.stderr, /STRATA_PROT is not a setting of Strata; did you mean STRATA_PORT/)
})

test('a database that is not there, or is not one: a sentence, and 1', async () => {
  const cases: readonly (readonly [RegExp, string])[] = [
    [/127\.0\.0\.1:1 does not answer .*STRATA_DATABASE_URL/, 'postgres://u:hunter2@127.0.0.1:1/d'],
    [/host nowhere\.invalid is not known/, 'postgres://u:hunter2@nowhere.invalid/d'],
  ]
  for (const [n, [sentence, url]] of cases.entries())
    for (const args of [['show', 'trade:a:1'], ['migrate'], ['start', '--port', '0']].slice(n)) {
      const { code, stderr, stdout } = await strata(args, { STRATA_DATABASE_URL: url })
      assert.deepEqual([code, stdout], [1, ''], stderr)
      assert.match(stderr, sentence)
      assert.doesNotMatch(stderr, /hunter2|\n\s+at /)
    }
  const doctor = await strata(['doctor', '--json'], { STRATA_DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d' })
  assert.equal(doctor.code, 1)
  assert.equal((JSON.parse(doctor.stdout) as { ok: boolean }).ok, false)
})
